"""What tests of the linter share: the faults of a spoilt layout, and a case that says what they should be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crawler.profiles.faults import Code, Fault, Severity
from crawler.profiles.lint import lint
from tests.profile_samples import NAME, line_of, write


def layout_faults(tmp_path: Path, text: str) -> list[Fault]:
    """Return the faults of a folder with this layout; all of them are in its file."""
    folder = write(tmp_path, layouts={NAME: text})
    faults = lint(folder)
    assert {fault.file for fault in faults} <= {str(folder / "layouts" / f"{NAME}.toml")}
    return faults


def only(faults: list[Fault]) -> Fault:
    """Return the one fault that there is."""
    assert len(faults) == 1, [str(fault) for fault in faults]
    return faults[0]


@dataclass(frozen=True)
class Case:
    """A sound file with `old` changed to `new` has a fault under `key`, on the line of the text `at`."""

    old: str
    new: str
    key: str
    at: str
    code: Code
    words: str

    def holds(self, sound: str, faults: list[Fault]) -> None:
        """Check that the fault is there, with its place, words and severity, and that there is no other error."""
        text = sound.replace(self.old, self.new, 1)
        fault = only([fault for fault in faults if fault.code is self.code])
        assert (fault.key, fault.line) == (self.key, line_of(text, self.at))
        assert self.words in fault.message
        assert fault.severity is self.code.severity
        assert [other for other in faults if other is not fault and other.severity is Severity.ERROR] == []
