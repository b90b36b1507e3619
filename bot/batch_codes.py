"""The codes of batches: six characters people can read out and type, in an alphabet without look-alikes."""

import re
import secrets

# Crockford's base 32: no I, L, O and U. https://www.crockford.com/base32.html
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 6
_LOOK_ALIKES = str.maketrans("ILO", "110")
_CODE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")


def new_code() -> str:
    """Return a code nobody can guess: one of a thousand million."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def read_code(word: str) -> str | None:
    """Return the code that was meant by `word`, whatever its case and look-alikes; None if it is none."""
    code = word.upper().translate(_LOOK_ALIKES)
    return code if _CODE.fullmatch(code) else None
