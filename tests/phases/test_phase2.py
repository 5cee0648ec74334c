from __future__ import annotations

from checks import check_noop, check_rewritten

REDIRECT = '"""DEPRECATED: use shop.pay."""\nfrom shop.pay import Till\n\n__all__ = ["Till"]\n'


def test_noop() -> None:
    check_noop(REDIRECT, phase=2, path="shop/till.py")


def test_rewritten() -> None:
    check_rewritten("class Till:\n    pass\n", REDIRECT, phase=2, path="shop/till.py")


def test_not_python() -> None:
    check_rewritten(b"class Till(\xff\n", REDIRECT, phase=2, path="shop/till.py", parses=False)
