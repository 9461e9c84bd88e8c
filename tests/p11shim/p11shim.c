/* A PKCS#11 module that stands before a real one (SoftHSM) and does what hardware does and SoftHSM never will:
 * lock, unplug, be slow, hang, crash. The real path is kept: every call that is not told otherwise goes through.
 *
 * P11SHIM_REAL     path of the real module
 * P11SHIM_CONTROL  a text file that is read again at each call; counting starts anew when its text changes:
 *
 *     C_Login CKR_PIN_LOCKED           return this code (a name below, or a number) and do not call the real module
 *     C_Sign CKR_DEVICE_REMOVED after 3         let three calls through first
 *     C_Login CKR_PIN_INCORRECT times 1         only once
 *     C_Sign delay 250                 wait so many milliseconds, then go on
 *     C_Sign print                     write to standard output, as some libraries do
 *     C_Sign hang | C_Sign crash | C_Sign corrupt (one bit of the signature is turned)
 *     flags low | final | locked | change       C_GetTokenInfo reports them of the person's PIN
 *     flags so_final | so_locked                and of the security officer's
 *     pin_length 6 8                   the lengths that C_GetTokenInfo reports
 *     pinpad 73915602                  the token has keys of its own: a login without a PIN is given this one
 *     certificate /path/to.der         every certificate on the token reads as this one (swapped in the middle)
 *     become 1a2b3c 73915602 after 3   from then on the old session signs with the token of this serial (and PIN): a
 *                                      driver that goes on with its handles when another token is put in
 *     maker ACME 4 7                   C_GetInfo tells this maker and this version of the library
 *     absent                           no token is in any slot
 *     hide 0x40                        C_GetMechanismList leaves this mechanism out
 *
 * Each call is written to <control>.calls, one name a line.
 *
 * Built with nothing but a C compiler: the function list of PKCS#11 2.40 is a version and 68 pointers in a fixed order.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef unsigned long CK_RV;
typedef unsigned long CK_ULONG;
typedef unsigned char CK_BYTE;

#define FUNCTIONS 68
#define CKR_OK 0x0UL
#define CKR_GENERAL_ERROR 0x5UL
#define CKR_TOKEN_NOT_PRESENT 0xE0UL
#define CKF_USER_PIN_COUNT_LOW 0x10000UL
#define CKF_USER_PIN_FINAL_TRY 0x20000UL
#define CKF_USER_PIN_LOCKED 0x40000UL
#define CKF_USER_PIN_TO_BE_CHANGED 0x80000UL
#define CKF_SO_PIN_FINAL_TRY 0x200000UL
#define CKF_SO_PIN_LOCKED 0x400000UL
#define CKF_PROTECTED_AUTHENTICATION_PATH 0x100UL
#define CKA_CLASS 0x0UL
#define CKA_VALUE 0x11UL
#define CKO_PRIVATE_KEY 0x3UL
#define CKU_USER 1UL
#define CKF_SERIAL_SESSION 0x4UL

typedef struct {
    CK_BYTE major, minor;
    void *call[FUNCTIONS];
} function_list;

typedef struct { /* CK_TOKEN_INFO up to what is needed here */
    CK_BYTE label[32], manufacturer[32], model[16], serial[16];
    CK_ULONG flags, max_sessions, sessions, max_rw_sessions, rw_sessions, max_pin, min_pin;
} token_info;

typedef struct { /* CK_INFO */
    CK_BYTE cryptoki[2], manufacturer[32];
    CK_ULONG flags;
    CK_BYTE description[32], version[2];
} library_info;

typedef struct {
    CK_ULONG type;
    void *value;
    CK_ULONG length;
} attribute;

/* Places in the function list. */
enum {
    INITIALIZE = 0, FINALIZE = 1, GET_INFO = 2, GET_SLOT_LIST = 4, GET_SLOT_INFO = 5, GET_TOKEN_INFO = 6, GET_MECHANISM_LIST = 7,
    INIT_PIN = 10, SET_PIN = 11, OPEN_SESSION = 12, CLOSE_SESSION = 13, LOGIN = 18, LOGOUT = 19, GET_ATTRIBUTE_VALUE = 24, FIND_OBJECTS_INIT = 26,
    FIND_OBJECTS = 27, FIND_OBJECTS_FINAL = 28, SIGN_INIT = 42, SIGN = 43
};

static const struct { const char *name; CK_RV code; } CODES[] = {
    {"CKR_OK", 0x0}, {"CKR_HOST_MEMORY", 0x2}, {"CKR_SLOT_ID_INVALID", 0x3}, {"CKR_GENERAL_ERROR", 0x5},
    {"CKR_FUNCTION_FAILED", 0x6}, {"CKR_ARGUMENTS_BAD", 0x7}, {"CKR_CANT_LOCK", 0xA}, {"CKR_DEVICE_ERROR", 0x30},
    {"CKR_DEVICE_MEMORY", 0x31}, {"CKR_DEVICE_REMOVED", 0x32}, {"CKR_FUNCTION_CANCELED", 0x50},
    {"CKR_FUNCTION_NOT_SUPPORTED", 0x54}, {"CKR_KEY_HANDLE_INVALID", 0x60}, {"CKR_MECHANISM_INVALID", 0x70},
    {"CKR_ACTION_PROHIBITED", 0x1B}, {"CKR_OBJECT_HANDLE_INVALID", 0x82}, {"CKR_PIN_INCORRECT", 0xA0}, {"CKR_PIN_INVALID", 0xA1},
    {"CKR_PIN_LEN_RANGE", 0xA2}, {"CKR_PIN_EXPIRED", 0xA3}, {"CKR_PIN_LOCKED", 0xA4}, {"CKR_SESSION_CLOSED", 0xB0},
    {"CKR_SESSION_COUNT", 0xB1}, {"CKR_SESSION_HANDLE_INVALID", 0xB3}, {"CKR_TOKEN_NOT_PRESENT", 0xE0},
    {"CKR_TOKEN_NOT_RECOGNIZED", 0xE1}, {"CKR_TOKEN_WRITE_PROTECTED", 0xE2}, {"CKR_FUNCTION_REJECTED", 0x200},
    {"CKR_USER_ALREADY_LOGGED_IN", 0x100}, {"CKR_USER_NOT_LOGGED_IN", 0x101},
    {"CKR_BUFFER_TOO_SMALL", 0x150}, {"CKR_CRYPTOKI_NOT_INITIALIZED", 0x190},
};

static function_list *real;
static function_list ours;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static char control[16384]; /* the control file as it was read last */
static struct { char name[40]; long calls; } counts[32];

static void read_control(void) {
    static char fresh[sizeof control];
    const char *path = getenv("P11SHIM_CONTROL");
    FILE *file = path ? fopen(path, "r") : NULL;
    size_t length = file ? fread(fresh, 1, sizeof fresh - 1, file) : 0;
    if (file) fclose(file);
    fresh[length] = '\0';
    if (strcmp(fresh, control)) {
        strcpy(control, fresh);
        memset(counts, 0, sizeof counts);
    }
}

static void note_call(const char *name) {
    char path[4096];
    const char *base = getenv("P11SHIM_CONTROL");
    if (!base) return;
    snprintf(path, sizeof path, "%s.calls", base);
    FILE *file = fopen(path, "a");
    if (!file) return;
    fprintf(file, "%s\n", name);
    fclose(file);
}

static long count_call(const char *name) {
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (!counts[i].name[0]) snprintf(counts[i].name, sizeof counts[i].name, "%s", name);
        if (!strcmp(counts[i].name, name)) return ++counts[i].calls;
    }
    return 0;
}

static CK_RV code_of(const char *word) {
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        if (!strcmp(CODES[i].name, word)) return CODES[i].code;
    return strtoul(word, NULL, 0);
}

static void wait_ms(long ms) {
    struct timespec pause = {ms / 1000, (ms % 1000) * 1000000L};
    nanosleep(&pause, NULL);
}

/* The value after a word of a line ("after 3"), or `otherwise`. */
static long number_after(char *words[], int count, const char *word, long otherwise) {
    for (int i = 0; i + 1 < count; i++)
        if (!strcmp(words[i], word)) return strtol(words[i + 1], NULL, 0);
    return otherwise;
}

static int split(char *line, char *words[], int most) {
    int count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(line, " \t\r=", &rest); word && count < most; word = strtok_r(NULL, " \t\r=", &rest))
        words[count++] = word;
    return count;
}

/* Is there a line of two words "key value"? With `value` NULL, a line of the one word. */
static int told(const char *key, const char *value) {
    char copy[sizeof control], *rest = NULL, *words[8];
    strcpy(copy, control);
    for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        int count = split(line, words, 8);
        if (count && !strcmp(words[0], key) && (!value || (count > 1 && !strcmp(words[1], value)))) return 1;
    }
    return 0;
}

/* The word after `key` at that place of its line ("pin_length 6 8": 1 is 6), or an empty one; control is read already. */
static const char *word_after(const char *key, int place) {
    static char copy[sizeof control];
    char *rest = NULL, *words[8];
    strcpy(copy, control);
    for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        int count = split(line, words, 8);
        if (count > place && !strcmp(words[0], key)) return words[place];
    }
    return "";
}

/* What the control file says about this call. 1: return *rv and do not call the real module. */
static int intercepted(const char *name, CK_RV *rv, int *corrupt) {
    char copy[sizeof control], *rest = NULL, *words[8];
    long delay = 0;
    int hang = 0, answer = 0;
    pthread_mutex_lock(&turn);
    read_control();
    note_call(name);
    long call = count_call(name);
    strcpy(copy, control);
    for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        int count = split(line, words, 8);
        if (count < 2 || strcmp(words[0], name)) continue;
        long after = number_after(words, count, "after", 0);
        long times = number_after(words, count, "times", -1);
        if (call <= after || (times >= 0 && call > after + times)) continue;
        if (!strcmp(words[1], "delay")) delay = count > 2 ? strtol(words[2], NULL, 0) : 0;
        else if (!strcmp(words[1], "print")) { printf("%s: a word from the vendor\n", name); fflush(stdout); }
        else if (!strcmp(words[1], "hang")) hang = 1;
        else if (!strcmp(words[1], "crash")) abort();
        else if (!strcmp(words[1], "corrupt")) *corrupt = 1;
        else { *rv = code_of(words[1]); answer = 1; }
    }
    pthread_mutex_unlock(&turn);
    if (delay) wait_ms(delay);
    while (hang) pause();
    return answer;
}

#define PASS(place, name, parameters, arguments)                                   \
    static CK_RV name parameters {                                                 \
        CK_RV rv;                                                                  \
        int corrupt = 0;                                                           \
        if (intercepted(#name, &rv, &corrupt)) return rv;                          \
        return ((CK_RV(*) parameters)real->call[place]) arguments;                 \
    }

PASS(INITIALIZE, C_Initialize, (void *arguments), (arguments))
PASS(FINALIZE, C_Finalize, (void *reserved), (reserved))

static CK_RV C_GetInfo(library_info *info) {
    CK_RV rv;
    int corrupt = 0;
    if (intercepted("C_GetInfo", &rv, &corrupt)) return rv;
    rv = ((CK_RV(*)(library_info *))real->call[GET_INFO])(info);
    if (rv != CKR_OK || !*word_after("maker", 3)) return rv;
    memset(info->manufacturer, ' ', sizeof info->manufacturer);
    memcpy(info->manufacturer, word_after("maker", 1), strlen(word_after("maker", 1)));
    info->version[0] = strtoul(word_after("maker", 2), NULL, 0);
    info->version[1] = strtoul(word_after("maker", 3), NULL, 0);
    return rv;
}

PASS(GET_SLOT_INFO, C_GetSlotInfo, (CK_ULONG slot, void *info), (slot, info))
PASS(OPEN_SESSION, C_OpenSession, (CK_ULONG slot, CK_ULONG flags, void *application, void *notify, CK_ULONG *session),
     (slot, flags, application, notify, session))
PASS(CLOSE_SESSION, C_CloseSession, (CK_ULONG session), (session))
PASS(INIT_PIN, C_InitPIN, (CK_ULONG session, CK_BYTE *pin, CK_ULONG length), (session, pin, length))
PASS(SET_PIN, C_SetPIN, (CK_ULONG session, CK_BYTE *old, CK_ULONG old_length, CK_BYTE *fresh, CK_ULONG length),
     (session, old, old_length, fresh, length))
PASS(LOGOUT, C_Logout, (CK_ULONG session), (session))
PASS(FIND_OBJECTS_INIT, C_FindObjectsInit, (CK_ULONG session, void *template, CK_ULONG count),
     (session, template, count))
PASS(FIND_OBJECTS, C_FindObjects, (CK_ULONG session, CK_ULONG *objects, CK_ULONG most, CK_ULONG *count),
     (session, objects, most, count))

static CK_ULONG other_session, other_key; /* of the token that `become` names; 0: the person's own */

/* Open the token of that serial and find its key; everything straight at the real module. */
static int open_other(const char *serial, const char *pin) {
    CK_ULONG slots[64], count = 64, class = CKO_PRIVATE_KEY, found = 0;
    attribute wanted = {CKA_CLASS, &class, sizeof class};
    union { token_info info; char room[512]; } token; /* the whole CK_TOKEN_INFO is longer than what is named here */
    ((CK_RV(*)(CK_BYTE, CK_ULONG *, CK_ULONG *))real->call[GET_SLOT_LIST])(1, slots, &count);
    for (CK_ULONG i = 0; i < count; i++) {
        ((CK_RV(*)(CK_ULONG, token_info *))real->call[GET_TOKEN_INFO])(slots[i], &token.info);
        if (memcmp(token.info.serial, serial, strlen(serial))) continue;
        ((CK_RV(*)(CK_ULONG, CK_ULONG, void *, void *, CK_ULONG *))real->call[OPEN_SESSION])(
            slots[i], CKF_SERIAL_SESSION, NULL, NULL, &other_session);
        ((CK_RV(*)(CK_ULONG, CK_ULONG, const char *, CK_ULONG))real->call[LOGIN])(other_session, CKU_USER, pin, strlen(pin));
        ((CK_RV(*)(CK_ULONG, void *, CK_ULONG))real->call[FIND_OBJECTS_INIT])(other_session, &wanted, 1);
        ((CK_RV(*)(CK_ULONG, CK_ULONG *, CK_ULONG, CK_ULONG *))real->call[FIND_OBJECTS])(other_session, &other_key, 1, &found);
        ((CK_RV(*)(CK_ULONG))real->call[FIND_OBJECTS_FINAL])(other_session);
        return found == 1;
    }
    return 0;
}

static CK_RV C_SignInit(CK_ULONG session, void *mechanism, CK_ULONG key) {
    CK_RV rv;
    int corrupt = 0;
    if (intercepted("C_SignInit", &rv, &corrupt)) return rv;
    char serial[24], pin[64];
    snprintf(serial, sizeof serial, "%s", word_after("become", 1));
    snprintf(pin, sizeof pin, "%s", word_after("become", 2));
    if (!*serial) other_session = 0;
    else if (!other_session && count_call("become") > strtol(word_after("become", 4), NULL, 0)
             && !open_other(serial, pin)) return CKR_GENERAL_ERROR;
    if (other_session) { session = other_session; key = other_key; }
    return ((CK_RV(*)(CK_ULONG, void *, CK_ULONG))real->call[SIGN_INIT])(session, mechanism, key);
}

static CK_RV C_Login(CK_ULONG session, CK_ULONG user, CK_BYTE *pin, CK_ULONG length) {
    CK_RV rv;
    int corrupt = 0;
    if (intercepted("C_Login", &rv, &corrupt)) return rv;
    const char *keyed = word_after("pinpad", 1);
    if (!pin && *keyed) { /* the person keys it in on the token: no program ever holds it */
        pin = (CK_BYTE *)keyed;
        length = strlen(keyed);
    }
    return ((CK_RV(*)(CK_ULONG, CK_ULONG, CK_BYTE *, CK_ULONG))real->call[LOGIN])(session, user, pin, length);
}

static CK_RV C_GetAttributeValue(CK_ULONG session, CK_ULONG object, attribute *wanted, CK_ULONG count) {
    static CK_BYTE other[8192];
    CK_RV rv;
    int corrupt = 0;
    if (intercepted("C_GetAttributeValue", &rv, &corrupt)) return rv;
    const char *path = word_after("certificate", 1);
    FILE *file = count == 1 && wanted->type == CKA_VALUE && *path ? fopen(path, "rb") : NULL;
    if (!file)
        return ((CK_RV(*)(CK_ULONG, CK_ULONG, void *, CK_ULONG))real->call[GET_ATTRIBUTE_VALUE])(session, object, wanted,
                                                                                             count);
    size_t length = fread(other, 1, sizeof other, file);
    fclose(file);
    if (wanted->value && wanted->length < length) return 0x150; /* CKR_BUFFER_TOO_SMALL */
    if (wanted->value) memcpy(wanted->value, other, length);
    wanted->length = length;
    return CKR_OK;
}

static CK_RV C_GetSlotList(CK_BYTE present, CK_ULONG *slots, CK_ULONG *count) {
    CK_RV rv;
    int corrupt = 0;
    if (intercepted("C_GetSlotList", &rv, &corrupt)) return rv;
    if (present && told("absent", NULL)) {
        *count = 0;
        return CKR_OK;
    }
    return ((CK_RV(*)(CK_BYTE, CK_ULONG *, CK_ULONG *))real->call[GET_SLOT_LIST])(present, slots, count);
}

static CK_RV C_GetTokenInfo(CK_ULONG slot, token_info *info) {
    CK_RV rv;
    int corrupt = 0;
    if (intercepted("C_GetTokenInfo", &rv, &corrupt)) return rv;
    if (told("absent", NULL)) return CKR_TOKEN_NOT_PRESENT;
    rv = ((CK_RV(*)(CK_ULONG, token_info *))real->call[GET_TOKEN_INFO])(slot, info);
    if (rv != CKR_OK) return rv;
    if (told("flags", "low")) info->flags |= CKF_USER_PIN_COUNT_LOW;
    if (told("flags", "final")) info->flags |= CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY;
    if (told("flags", "locked")) info->flags |= CKF_USER_PIN_LOCKED;
    if (told("flags", "change")) info->flags |= CKF_USER_PIN_TO_BE_CHANGED;
    if (told("flags", "so_final")) info->flags |= CKF_SO_PIN_FINAL_TRY;
    if (told("flags", "so_locked")) info->flags |= CKF_SO_PIN_LOCKED;
    if (*word_after("pinpad", 1)) info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
    if (*word_after("pin_length", 2)) {
        info->min_pin = strtoul(word_after("pin_length", 1), NULL, 0);
        info->max_pin = strtoul(word_after("pin_length", 2), NULL, 0);
    }
    return rv;
}

static CK_RV C_GetMechanismList(CK_ULONG slot, CK_ULONG *mechanisms, CK_ULONG *count) {
    char hidden[24];
    CK_RV rv;
    int corrupt = 0;
    if (intercepted("C_GetMechanismList", &rv, &corrupt)) return rv;
    rv = ((CK_RV(*)(CK_ULONG, CK_ULONG *, CK_ULONG *))real->call[GET_MECHANISM_LIST])(slot, mechanisms, count);
    for (CK_ULONG i = 0; rv == CKR_OK && mechanisms && i < *count; i++) {
        snprintf(hidden, sizeof hidden, "0x%lx", mechanisms[i]);
        if (told("hide", hidden)) mechanisms[i] = 0x80000000UL; /* vendor defined: nobody asks for it */
    }
    return rv;
}

static CK_RV C_Sign(CK_ULONG session, CK_BYTE *data, CK_ULONG length, CK_BYTE *signature, CK_ULONG *size) {
    CK_RV rv;
    int corrupt = 0;
    /* Asking only for the size costs a token nothing and is no signature; python-pkcs11 asks each time. */
    if (signature && intercepted("C_Sign", &rv, &corrupt)) return rv;
    if (other_session) session = other_session;
    rv = ((CK_RV(*)(CK_ULONG, CK_BYTE *, CK_ULONG, CK_BYTE *, CK_ULONG *))real->call[SIGN])(session, data, length,
                                                                                          signature, size);
    if (rv == CKR_OK && corrupt && signature) signature[*size / 2] ^= 1;
    return rv;
}

CK_RV C_GetFunctionList(function_list **list) {
    const char *path = getenv("P11SHIM_REAL");
    void *library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    CK_RV (*get)(function_list **) = library ? (CK_RV(*)(function_list **))dlsym(library, "C_GetFunctionList") : NULL;
    if (!get || get(&real) != CKR_OK) return CKR_GENERAL_ERROR;
    ours = *real;
    void *calls[FUNCTIONS] = {
        [INITIALIZE] = C_Initialize, [FINALIZE] = C_Finalize, [GET_INFO] = C_GetInfo, [GET_SLOT_LIST] = C_GetSlotList,
        [GET_SLOT_INFO] = C_GetSlotInfo, [GET_TOKEN_INFO] = C_GetTokenInfo,
        [GET_MECHANISM_LIST] = C_GetMechanismList, [INIT_PIN] = C_InitPIN, [SET_PIN] = C_SetPIN, [OPEN_SESSION] = C_OpenSession, [CLOSE_SESSION] = C_CloseSession,
        [LOGIN] = C_Login, [LOGOUT] = C_Logout, [GET_ATTRIBUTE_VALUE] = C_GetAttributeValue,
        [FIND_OBJECTS_INIT] = C_FindObjectsInit, [FIND_OBJECTS] = C_FindObjects, [SIGN_INIT] = C_SignInit,
        [SIGN] = C_Sign,
    };
    for (int i = 0; i < FUNCTIONS; i++)
        if (calls[i]) ours.call[i] = calls[i];
    *list = &ours;
    return CKR_OK;
}
