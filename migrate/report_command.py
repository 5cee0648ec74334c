"""The command report: gather, write the page or the Markdown, print the data."""

from __future__ import annotations

import sys
from typing import Any

from migrate.console import Voice
from migrate.report_options import ReportFormat, ReportOptions
from migrate.reporting.data import ReportData
from migrate.reporting.document import report_document
from migrate.reporting.gather import gather
from migrate.reporting.markdown import markdown_text
from migrate.reporting.page import html_page
from migrate.reporting.words import plural
from migrate.reporting.writing import refuse_target, write_report
from migrate.session import Session
from rollback.errors import escape


def report_command(session: Session, options: ReportOptions, voice: Voice) -> dict[str, Any]:
    """Write the report of a migration; returns the JSON document.

    Raises:
        NotAReport, OutsideRoot, WriteFailed: the file is not to be written, or cannot be; nothing is written.
        RepositoryError, MigrateError: as a phase's dry run.
    """
    if options.file is not None:  # before anybody waits for nothing
        refuse_target(options.file, session.git, force=options.force)
    data = gather(session, options.workers, voice.progress)
    if data.obstacle:
        voice.error(data.obstacle)
    if options.format is not None:
        _put(session, options, data, voice)
    voice.say(f"next: {data.next}")
    return report_document(data) if options.json else {}


def _put(session: Session, options: ReportOptions, data: ReportData, voice: Voice) -> None:
    content = html_page(data) if options.format is ReportFormat.HTML else markdown_text(data).encode()
    if options.file is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    refuse_target(options.file, session.git, force=options.force)
    write_report(options.file, content)
    told = (
        f"{plural(len(data.files), 'file')} changed",
        f"{plural(data.edits_left, 'edit')} left",
        f"{plural(len(data.findings), 'finding')} left to a person",
    )
    voice.say(f"report: {escape(str(options.file))} written ({_size(len(content))}): {', '.join(told)}", "green")


def _size(length: int) -> str:
    """`1.4 MB`, `23 kB`."""
    return f"{length / 1e6:.1f} MB" if length >= 1e6 else f"{max(1, round(length / 1e3))} kB"
