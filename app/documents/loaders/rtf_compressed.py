"""Compressed RTF, as Outlook stores the text of a message ([MS-OXRTFCP])."""

from __future__ import annotations

import struct
import zlib

from app.errors import BadFile

MAX_RAW = 64 * 1024 * 1024
_HEAD = struct.Struct("<II4sI")
_BEGINS = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor "
    rb"MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_SIZE = 4096
_CRC = 0xFFFFFFFF


def decompressed(data: bytes) -> bytes:
    """The RTF.

    Raises:
        BadFile: it is none, or damaged.
    """
    if len(data) < _HEAD.size:
        raise _damaged("no head")
    size, raw, kind, crc = _HEAD.unpack_from(data)
    packed = data[_HEAD.size : size + 4]
    if kind == b"MELA":
        return packed[:raw]
    if kind != b"LZFu":
        raise _damaged(f"{kind!r}")
    if zlib.crc32(packed, _CRC) ^ _CRC != crc:  # the usual polynomial, begun at zero and not inverted (2.1.3.2)
        raise _damaged("the checksum is another one")
    return _unpacked(packed)


def _unpacked(packed: bytes) -> bytes:
    """Runs of literals and references into the last 4,096 bytes (3.1.1); a byte before eight tells which."""
    window = bytearray(_BEGINS.ljust(_SIZE, b" "))
    write, at = len(_BEGINS), 0
    found = bytearray()
    while at < len(packed) and len(found) < MAX_RAW:
        control, at = packed[at], at + 1
        for bit in range(8):
            reference = control >> bit & 1
            if at + reference >= len(packed):
                return bytes(found)
            if reference:
                token, at = packed[at] << 8 | packed[at + 1], at + 2
                read, count = token >> 4, (token & 15) + 2
                if read == write:
                    return bytes(found)
            else:
                window[write], at = packed[at], at + 1
                read, count = write, 1
            for step in range(count):
                byte = window[(read + step) % _SIZE]
                found.append(byte)
                window[write] = byte
                write = (write + 1) % _SIZE
    return bytes(found)


def _damaged(detail: str) -> BadFile:
    return BadFile("The text of the mail is damaged.", "Open it in Outlook, save it again and add that copy.", detail)
