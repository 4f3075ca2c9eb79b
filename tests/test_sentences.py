# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Long sentences and entries without a noun are found, and there are none."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import sentences  # noqa: E402

LONG = " ".join(["word"] * 36) + "."


def test_pages_and_package_have_no_problem() -> None:
    found = [p for p in sentences.problems(ROOT) if p.text not in sentences.EXCEPTIONS]
    assert found == []


def test_no_exception_is_left_over() -> None:
    assert sentences.EXCEPTIONS.keys() <= {p.text for p in sentences.problems(ROOT)}


def test_a_sentence_may_have_35_words() -> None:
    assert list(sentences.long_sentences(LONG)) == [("36 words", LONG)]
    assert list(sentences.long_sentences(LONG.replace("word ", "", 1))) == []
    assert list(sentences.long_sentences("One ends. " * 20)) == []
    assert len(list(sentences.long_sentences("Say e.g. Adam and more. " + LONG.capitalize()))) == 1


def test_code_in_backquotes_is_one_word() -> None:
    assert list(sentences.long_sentences(f"Call `{LONG}` once.")) == []


def test_tables_code_and_comments_of_a_page_are_left_out() -> None:
    page = f"# {LONG}\n\n| {LONG} |\n\n```sh\n{LONG}\n```\n\n<!-- {LONG} -->\n\n- one\n- two\n"
    assert list(sentences.paragraphs(page)) == ["one", "two"]


def entry(section: str, said: str) -> str:
    return f'def f(seed):\n    """Draw.\n\n    {section}:\n        {said}\n    """'


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (entry("Args", "seed: of all random numbers."), "of all random numbers."),
        (entry("Attributes", "x, y: with z, more."), "with z, more."),
        (entry("Returns", "in steps."), "in steps."),
        ('rate = Field(1.0, description="of the learning rate")', "of the learning rate"),
        ('RATE = 1\n"""Of the learning rate."""', "Of the learning rate."),
        (f'Command(summary="{LONG}")', LONG),
        (f'def f():\n    """{LONG}"""', LONG),
    ],
)
def test_a_bad_text_in_code_is_found(code: str, text: str) -> None:
    assert [found for _, found in sentences.in_code(code)] == [text]


@pytest.mark.parametrize(
    "code",
    [
        entry("Args", "seed: the seed of all random numbers."),
        entry("Raises", "ConfigError: with a sentence for every problem."),
        'rate = Field(1.0, description="at least this rate")',
        f'def f():\n    """Draw.\n\n        {LONG}\n    """',
        f'def f():\n    """Draw.\n\n    name   {LONG}\n    """',
        f'text = "of {LONG}"',
    ],
)
def test_a_good_text_in_code_passes(code: str) -> None:
    assert list(sentences.in_code(code)) == []


def test_only_the_next_version_of_the_changelog_is_read() -> None:
    changes = f"# Changelog\n\n## Unreleased\n\n- New.\n\n## 0.1.0\n\n{LONG}\n"
    assert sentences.unreleased(changes).strip() == "- New."


def test_main_tells_what_is_wrong(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    problem = sentences.Problem("a.md", "36 words", LONG)
    monkeypatch.setattr(sentences, "problems", lambda _root: [problem])
    monkeypatch.setattr(sys, "argv", ["sentences.py", "--check"])
    assert sentences.main() == 1
    assert capsys.readouterr().out == f"a.md: 36 words: {LONG}\n"
    monkeypatch.setattr(sentences, "EXCEPTIONS", {LONG: "a title", "gone": "no longer there"})
    assert sentences.main() == 1
    assert capsys.readouterr().out == "remove the exception, it is not needed: gone\n"
