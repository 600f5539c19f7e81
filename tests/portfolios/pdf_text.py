"""The words of a PDF, read from its fonts' own tables, in the order they are drawn."""

import re
import zlib


def squeezed(text: str) -> str:
    """Without spaces and soft breaks, so that line ends don't matter."""
    return re.sub(r"[\s\u00ad]+", "", text)


def pdf_text(made: bytes) -> str:
    """What typst drew: each font's ToUnicode table applied to the strings set in it."""
    objects = {int(n): body for n, body in OBJECT.findall(made)}
    streams = {n: _stream(body) for n, body in objects.items()}
    fonts: dict[str, dict[int, str]] = {}
    for body in objects.values():
        for name, ref in re.findall(rb"/(f\d+) (\d+) 0 R", body):
            unicode = re.search(rb"/ToUnicode (\d+) 0 R", objects.get(int(ref), b""))
            if unicode:
                fonts[name.decode()] = _table(streams[int(unicode[1])])
    text = ""
    for page in re.findall(rb"/Contents (\d+) 0 R", made):
        text += _drawn(streams[int(page)], fonts)
    return text


def attached(made: bytes) -> list[bytes]:
    """Its streams, unpacked: a file attached to it is one of them, as it is."""
    found = []
    for part in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", made, re.S):
        try:
            found.append(zlib.decompress(part))
        except zlib.error:
            found.append(part)
    return found


OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj", re.S)


def _stream(body: bytes) -> bytes:
    found = re.search(rb"stream\r?\n(.*)\r?\nendstream", body, re.S)
    if not found:
        return b""
    return zlib.decompress(found[1]) if b"/FlateDecode" in body else found[1]


def _table(cmap: bytes) -> dict[int, str]:
    found: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.S):
        for code, to in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[int(code, 16)] = bytes.fromhex(to.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.S):
        for low, high, to in re.findall(
            rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block
        ):
            for step, code in enumerate(range(int(low, 16), int(high, 16) + 1)):
                found[code] = chr(int(to, 16) + step)
    return found


def _drawn(content: bytes, fonts: dict[str, dict[int, str]]) -> str:
    text, table, at = "", {}, 0
    token = re.compile(rb"/(f\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>|\(", re.S)
    while found := token.search(content, at):
        at = found.end()
        if found[1]:
            table = fonts.get(found[1].decode(), {})
            continue
        if found[2]:
            raw = bytes.fromhex(found[2].decode())
        else:
            at = _closing(content, at)
            raw = _unescaped(content[found.end() : at - 1])
        codes = [int.from_bytes(raw[i : i + 2]) for i in range(0, len(raw), 2)]
        text += "".join(table.get(code, "") for code in codes)
    return text


def _closing(content: bytes, at: int) -> int:
    """The place after the bracket that closes the string begun before `at`; pairs may nest."""
    depth = 1
    while depth:
        sign = content[at : at + 1]
        depth += {b"(": 1, b")": -1}.get(sign, 0)
        at += 2 if sign == b"\\" else 1
    return at


def _unescaped(raw: bytes) -> bytes:
    plain = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

    def one(found: re.Match[bytes]) -> bytes:
        if found[1][:1].isdigit():
            return bytes([int(found[1], 8)])
        return plain.get(found[1], found[1])

    return re.sub(rb"\\([0-7]{1,3}|.)", one, raw, flags=re.S)
