"""One encoded frame to samples: native bytes, RLE, JPEG of every process, JPEG-LS, JPEG 2000 and HTJ2K."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codestreams import Codestream, jpeg2000_start, read_jpeg, read_jpeg2000
from imaging.encoded import Encoded, PixelFormat
from records.errors import Refusal

Samples = NDArray[Any]
JPEG = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70")
"""Baseline 8 bit, extended 12 bit, lossless, lossless of the first selection value."""
JPEG_LS = ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81")
JPEG_2000 = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91")
HTJ2K = ("1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203")
RLE = "1.2.840.10008.1.2.5"
NATIVE = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99")
"""Implicit and explicit little endian, explicit big endian, deflated."""
READABLE = (*NATIVE, RLE, *JPEG, *JPEG_LS, *JPEG_2000, *HTJ2K)
"""The transfer syntaxes that can be shown."""
_LOSSY = (*JPEG[:2], JPEG_LS[1], JPEG_2000[1], HTJ2K[2])
"""Those whose streams may give back more than went in."""


def decode(encoded: Encoded) -> tuple[Samples, str]:
    """Samples (rows, columns) or (rows, columns, 3) in the file's words, and the photometric interpretation they have.

    Native code decodes: a process that must not die with it hands the frame to `imaging.apart`.
    """
    syntax, form = encoded.transfer_syntax, encoded.format
    if not encoded.compressed:
        return _native(encoded), form.photometric.replace("_422", "").replace("_420", "")
    for name, syntaxes, decoder in _DECODERS:
        if syntax in syntaxes:
            try:
                samples, photometric = decoder(encoded.data, form)
                return _within(samples, form) if syntax in _LOSSY else samples, photometric
            except (Refusal, MemoryError):
                raise
            except Exception as error:  # each library has errors of its own
                raise Refusal.because("image_codec_failed", syntax=name,
                                      detail=f"{type(error).__name__}: {error}"[:120]) from error
    raise Refusal.because("image_syntax_unknown", syntax=str(syntax))


def _within(samples: Samples, form: PixelFormat) -> Samples:
    """Values no further than their bits reach. A stream of more bits than the header stores (12 within 16) overshoots
    at its brightest, and the bits that are cut off there would leave black.
    """
    if form.signed or form.samples != 1 or form.high_bit != form.stored - 1 or form.stored >= 8 * samples.itemsize:
        return samples
    within: Samples = np.minimum(samples, samples.dtype.type((1 << form.stored) - 1))
    return within


def _native(encoded: Encoded) -> Samples:
    form = encoded.format
    if form.allocated == 1:
        bits = np.unpackbits(_unswapped(encoded), bitorder="little")
        return bits[encoded.bit_offset:encoded.bit_offset + form.pixels].reshape(form.rows, form.columns)
    kind = "f" if form.real else "u"
    words: Samples = _unswapped(encoded)[encoded.bit_offset // 8:] if form.allocated == 8 else np.frombuffer(
        encoded.data, f"{'>' if form.big_endian else '<'}{kind}{form.allocated // 8}")
    if not words.dtype.isnative:
        words = words.astype(words.dtype.newbyteorder("="))
    if form.photometric.endswith("_422"):
        return _from_422(words, form)
    if form.photometric.endswith("_420"):
        raise Refusal.because("image_photometric_unknown", name=form.photometric)
    words = words[:form.pixels * form.samples]
    if form.samples == 1:
        return words.reshape(form.rows, form.columns)
    if form.planar:
        return np.ascontiguousarray(np.moveaxis(words.reshape(3, form.rows, form.columns), 0, -1))
    return words.reshape(form.rows, form.columns, 3)


def _unswapped(encoded: Encoded) -> NDArray[np.uint8]:
    if encoded.swapped:  # 8-bit pixels lie in 16-bit words
        return np.frombuffer(encoded.data, ">u2").astype("<u2").view(np.uint8)
    return np.frombuffer(encoded.data, np.uint8)


def _from_422(words: Samples, form: PixelFormat) -> Samples:
    """Y1 Y2 Cb Cr for two pixels (PS3.3 C.7.6.3.1.2): each pair shares its chroma."""
    if form.columns % 2:
        raise Refusal.because("image_codestream_differs", told=f"{form.columns}", held="4:2:2")
    pairs = words[:form.pixels * 2].reshape(form.rows, form.columns // 2, 4)
    whole = np.empty((form.rows, form.columns, 3), words.dtype)
    whole[:, :, 0] = pairs[:, :, :2].reshape(form.rows, form.columns)
    whole[:, :, 1], whole[:, :, 2] = (np.repeat(pairs[:, :, place], 2, axis=1) for place in (2, 3))
    return whole


def _agrees(stream: Codestream | None, form: PixelFormat) -> Codestream:
    """The stream's own size must be the header's: the decoder would take memory by the stream's."""
    if stream is None:
        raise Refusal.because("image_codestream_broken")
    told, held = (form.rows, form.columns, form.samples), (stream.rows, stream.columns, stream.components)
    if told != held:
        raise Refusal.because("image_codestream_differs", told="×".join(map(str, told)), held="×".join(map(str, held)))
    return stream


def _jpeg(data: bytes, form: PixelFormat) -> tuple[Samples, str]:
    from imagecodecs import jpeg8_decode

    stream = _agrees(read_jpeg(data), form)
    if form.samples == 1:
        return _shaped(jpeg8_decode(data), form, stream), form.photometric
    if stream.lossless or not _is_ycc(stream, form):
        plain = jpeg8_decode(data, colorspace="RGB", outcolorspace="RGB")
        photometric = form.photometric.replace("_422", "").replace("_420", "") if stream.lossless else "RGB"
        return _shaped(plain, form, stream), photometric
    return _shaped(jpeg8_decode(data, colorspace="YCBCR", outcolorspace="RGB"), form, stream), "RGB"


def _is_ycc(stream: Codestream, form: PixelFormat) -> bool:
    """Whether the components are Y Cb Cr. The header rules; a header that says RGB over a stream that says YCbCr,
    as some secondary captures do, is the one that errs.
    """
    if form.photometric != "RGB":
        return True
    if stream.adobe_transform is not None:
        return stream.adobe_transform == 1
    return stream.jfif and stream.component_ids != (82, 71, 66)


def _jpeg_ls(data: bytes, form: PixelFormat) -> tuple[Samples, str]:
    from imagecodecs import jpegls_decode

    stream = _agrees(read_jpeg(data), form)
    samples: Samples = jpegls_decode(data)
    if samples.ndim == 3 and samples.shape[0] == 3 != samples.shape[-1]:
        samples = np.ascontiguousarray(np.moveaxis(samples, 0, -1))
    return _shaped(samples, form, stream), form.photometric.replace("_422", "")


def _jpeg_2000(data: bytes, form: PixelFormat) -> tuple[Samples, str]:
    from imagecodecs import jpeg2k_decode

    data = jpeg2000_start(data)
    stream = _agrees(read_jpeg2000(data), form)
    return _shaped(jpeg2k_decode(data), form, stream), _without_transform(form)


def _htj2k(data: bytes, form: PixelFormat) -> tuple[Samples, str]:
    from imagecodecs import htj2k_decode

    data = jpeg2000_start(data)
    stream = _agrees(read_jpeg2000(data), form)
    return _shaped(htj2k_decode(data), form, stream), _without_transform(form)


def _without_transform(form: PixelFormat) -> str:
    """The decoder has undone the stream's own colour transform."""
    return "RGB" if form.photometric in ("YBR_ICT", "YBR_RCT") else form.photometric.replace("_422", "")


def _rle(data: bytes, form: PixelFormat) -> tuple[Samples, str]:
    """A segment for each byte of each sample, most significant first (PS3.5 G)."""
    from imagecodecs import packbits_decode

    wide, count = max(1, form.allocated // 8), int.from_bytes(data[:4], "little")
    starts = [int.from_bytes(data[4 + 4 * index:8 + 4 * index], "little") for index in range(min(count, 15))]
    if form.allocated == 1 or count != wide * form.samples or starts != sorted(starts) or starts[0] < 64:
        raise Refusal.because("image_codestream_broken")
    planes = np.empty((form.samples, form.pixels, wide), np.uint8)
    for index, (start, end) in enumerate(zip(starts, [*starts[1:], len(data)], strict=True)):
        unpacked = _unpacked(packbits_decode, data[start:end], form.pixels)
        planes[index // wide, :, wide - 1 - index % wide] = unpacked
    words = planes.reshape(form.samples, -1).view(f"<u{wide}").reshape(form.samples, form.rows, form.columns)
    whole = words[0] if form.samples == 1 else np.ascontiguousarray(np.moveaxis(words, 0, -1))
    return whole, form.photometric.replace("_422", "")


def _unpacked(unpack: Callable[..., Any], segment: bytes, length: int) -> NDArray[np.uint8]:
    """One segment; a byte or two of padding at its end may unpack to more than is wanted, never to less."""
    if len(segment) * 64 < length:  # two bytes make at most 128
        raise Refusal.because("image_codestream_broken")
    unpacked: NDArray[np.uint8] = unpack(segment, out=np.empty(length + 256, np.uint8))
    if len(unpacked) < length:
        raise Refusal.because("image_codestream_broken")
    return unpacked[:length]


def _shaped(samples: Samples, form: PixelFormat, stream: Codestream) -> Samples:
    """As words of the allocated width. Samples of a stream whose sign differs from the header's keep their bits:
    what the top bit means is then the header's word, counted from the stream's precision.
    """
    shape = (form.rows, form.columns) if form.samples == 1 else (form.rows, form.columns, 3)
    if samples.shape != shape:
        raise Refusal.because("image_codestream_differs", told="×".join(map(str, shape)),
                              held="×".join(map(str, samples.shape)))
    wide: Samples = samples.astype(np.int64 if samples.dtype.itemsize > 2 else np.int32, copy=False) if (
        form.signed and not stream.signed and stream.precision < form.stored) else samples
    if wide is not samples:
        wide = np.where(wide >= 1 << (stream.precision - 1), wide - (1 << stream.precision), wide)
    return wide.astype(f"u{max(1, form.allocated // 8)}", copy=False)


_DECODERS: tuple[tuple[str, tuple[str, ...], Callable[[bytes, PixelFormat], tuple[Samples, str]]], ...] = (
    ("JPEG", JPEG, _jpeg), ("JPEG-LS", JPEG_LS, _jpeg_ls), ("JPEG 2000", JPEG_2000, _jpeg_2000),
    ("HTJ2K", HTJ2K, _htj2k), ("RLE", (RLE,), _rle))
