"""`benhan --self-test [--json] [--no-sign]`: tries this PC on a terminal, without a window."""

from __future__ import annotations

from contextlib import closing

from workstation.client import Client
from workstation.config import Config
from workstation.models.self_test import HEALTH_S, Bench
from workstation.signing.modules import modules_to_try
from workstation.signing.terminal import TerminalPrompter
from workstation.signing.token import TokenSigner


def run(config: Config, *, as_json: bool, sign: bool) -> int:
    """Print the report; 0 when nothing is wrong and, where asked, the token signed; else 1."""
    modules = modules_to_try([str(path) for path in config.pkcs11_modules])
    client = Client(config.server_url, config.ca_file, timeout_s=HEALTH_S, workstation=config.workstation)
    with closing(client), TokenSigner(modules, env=config.pkcs11_environment) as signer:
        bench, prompter = Bench(client, config, lambda: signer), TerminalPrompter()
        report, identities = bench.run()
        if sign and identities:
            chosen = identities[0] if len(identities) == 1 else prompter.choose_identity(identities)
            if chosen is not None:
                report = bench.sign(report, chosen, prompter)
    print(report.as_json() if as_json else report.as_text(), end="" if not as_json else "\n")
    return 0 if report.good and (report.trial.verified or not sign) else 1
