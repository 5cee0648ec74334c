#!/usr/bin/env bash
# The whole tool on a small sample repository: demo.sh [EMPTY_FOLDER]
#
# Dry runs, five phases, a conflict that stops one, a failed verification that rolls one back, and the way back to the
# first byte. Every exit code is checked; the demo stops loudly where something is not as it says.
# The tool is `migrate` on PATH, or $MIGRATE.
set -euo pipefail
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE

say() {
  printf '\n'
  printf '# %s\n' "$@"
}
fail() {
  printf '\ndemo: %s\n' "$1" >&2
  [ -z "${sample:-}" ] || printf 'demo: the sample is in %s\n' "$sample" >&2
  exit 1
}

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
migrate=$(command -v -- "${MIGRATE:-migrate}") ||
  fail "${MIGRATE:-migrate} was not found; install the tool (pip install .) or name it: MIGRATE=path/to/migrate $0"
case $migrate in /*) ;; *) migrate=$PWD/$migrate ;; esac

# The plan's checks say `python -m pytest`: that must be a Python with pytest, like the one the tool may live beside.
has_pytest() { python -c 'import pytest' 2>/dev/null; }
if ! has_pytest; then
  PATH=$(dirname -- "$(readlink -f -- "$migrate" || echo "$migrate")"):$PATH
  has_pytest || fail "phase 5 runs pytest, and no python on PATH has it; pip install pytest, or activate an environment that has it"
fi

# Run migrate, show how its output ends, and insist on its exit code: expect CODE ARGUMENTS...
expect() {
  local expected=$1 code=0 word output lines
  shift
  printf '\n$ migrate'
  for word in "$@"; do
    case $word in *' '*) printf ' "%s"' "$word" ;; *) printf ' %s' "$word" ;; esac
  done
  printf '\n'
  output=$("$migrate" "$@" </dev/null 2>&1) || code=$?
  lines=$(printf '%s\n' "$output" | wc -l)
  [ "$lines" -le 30 ] || printf '[... %d lines ...]\n' $((lines - 30))
  printf '%s\n' "$output" | tail -n 30
  [ "$code" -eq "$expected" ] || fail "migrate $1 ended with exit code $code, expected $expected"
}

shell() {
  printf '\n$ %s\n' "$*"
  "$@"
}

# Mode, SHA-256 and path of every file but git's own: also of those that git ignores.
fingerprint() {
  python - <<'PYTHON'
import hashlib, pathlib
for path in sorted(pathlib.Path(".").rglob("*")):
    if path.is_file() and path.parts[0] != ".git":
        print(f"{path.stat().st_mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()} {path.as_posix()}")
PYTHON
}

same() {
  [ "$1" = "$2" ] && return
  diff <(printf '%s\n' "$1") <(printf '%s\n' "$2") >&2 || true
  fail "$3"
}

sample=${1:-$(mktemp -d "${TMPDIR:-/tmp}/migrate-demo.XXXXXX")}
python "$here/make_sample.py" "$sample"
sample=$(cd -- "$sample" && pwd)
cd -- "$sample"

say "A small shop with three charge engines, two of them deprecated. Its plan is migrate.toml." \
  "The tests of the migration cannot even start: the oldest engine does not compile."
shell git log --oneline
printf '\n$ python -c "import shop.checkout"\n'
if error=$(python -B -c 'import shop.checkout' 2>&1); then
  fail "the oldest engine compiles"
fi
printf '%s\n' "${error##*$'\n'}"

say "Foresight: what would break, before anything is touched. shop/orders.py takes a name from the oldest engine that" \
  "the planned redirect does not have. The tool knows where the engine itself has it from, and completes the plan."
untouched=$(fingerprint)
expect 1 check
same "$untouched" "$(fingerprint)" "check changed the tree"
expect 1 check --quiet --suggest --write
shell git diff -U1 -- migrate.toml
git -c core.hooksPath=/dev/null commit --quiet --message "Plan: the redirect passes RetryPolicy on" -- migrate.toml
say "What is left needs a person: one call passes both the old and the new keyword. It comes up again in phase 4."
expect 1 check --quiet

say "Somebody is at work here: an uncommitted edit and a new file. Nothing below may touch them."
echo "Opening hours: 9 to 5." >>README.md
echo "Call the bank." >NOTES.md
shell git status --short
status_before=$(git status --porcelain)
before=$(fingerprint)

say "A rehearsal: all phases, the checks and the way back, on a copy of the tree with that edit and that file in it." \
  "Phases 1 to 3 go through, phase 4 stops at that call. The copy is gone afterwards."
git_before=$(git for-each-ref; git worktree list)
expect 1 rehearse
same "$before" "$(fingerprint)" "the rehearsal changed the tree"
same "$status_before" "$(git status --porcelain)" "the rehearsal changed git's status"
same "$git_before" "$(git for-each-ref; git worktree list)" "the rehearsal left something in git"

say "Phase 1: the engine that does not compile becomes a redirect. First look, then apply."
expect 0 phase1 --dry-run
same "$before" "$(fingerprint)" "a dry run changed the tree"
expect 0 phase1 --yes
shell cat shop/billing/charge_engine.py

say "Phase 2: so does its copy."
expect 0 phase2 --yes
shell git diff --stat

say "Phase 3: whoever imported the engine from its old places imports it from its home." \
  "A dry run prints a patch like any other, so git can sum it up."
printf '\n$ migrate phase3 --dry-run | git apply --stat\n'
"$migrate" phase3 --dry-run </dev/null 2>/dev/null | git apply --stat || fail "the dry run of phase 3 is not a patch"
expect 0 phase3 --yes
say "Only the names that moved have moved; comments, aliases and the rest of each line are as they were."
shell git diff -U0 -- shop/orders.py shop/billing/ledger.py shop/refunds.py

say "Phase 4: PaymentContext takes order_context and audit instead of metadata." \
  "One call passes metadata and order_context; renaming one would give the other twice. The phase stops, nothing is written."
at_phase_4=$(fingerprint)
expect 1 phase4 --yes
same "$at_phase_4" "$(fingerprint)" "the refused phase 4 changed the tree"

say "That needs a person. The edit is small, and committed by itself."
sed -i.bak -e '/metadata=/d' -e 's/"kind": "voucher"/"kind": "voucher", "code": code/' shop/vouchers.py
rm shop/vouchers.py.bak
shell git diff -U1 -- shop/vouchers.py
git -c core.hooksPath=/dev/null commit --quiet --message "Vouchers: one context, not two" -- shop/vouchers.py
at_phase_4=$(fingerprint)
# From here on, the person's own edit is part of what was there before.
before=$(printf '%s\n' "$before" | grep -v ' shop/vouchers.py$'; printf '%s\n' "$at_phase_4" | grep ' shop/vouchers.py$')

say "Again, with a verification that fails, as your test suite might: the phase takes itself back."
expect 1 phase4 --yes --verify "python -c 'raise SystemExit(1)'"
same "$at_phase_4" "$(fingerprint)" "the failed verification of phase 4 left something behind"
shell git status --short
expect 0 timeline

say "And with one that passes."
expect 0 phase4 --yes --verify "python -m pytest -q tests/test_engine_migration.py"

say "Phase 5: the plan's checks. 8 of 8 tests, and a compliance above 90 %."
expect 0 phase5 --yes

say "No way back: guard is for CI and pre-commit. Nothing deprecated is left; a new file that brings an old import in fails it."
expect 0 guard
cat >shop/late.py <<'PYTHON'
from shop.billing.charge_engine import ChargeEngine
PYTHON
git add shop/late.py
expect 1 guard --staged
git rm --quiet --force shop/late.py

say "The report is for the reviewers: one page, which is not part of the tree. There is one for a pull request, too."
expect 0 report "$sample.report.html"
printf '\n$ migrate report - --format markdown | sed -n 1,12p\n'
"$migrate" report - --format markdown </dev/null 2>/dev/null | sed -n 1,12p

say "All done, and all of it can go back, newest phase first."
expect 0 rollback --all --yes
shell git status --short
same "$status_before" "$(git status --porcelain)" "git status is not what it was"
same "$(printf '%s\n' "$before" | sort -k 3)" "$(fingerprint | sort -k 3)" "some file is not what it was"
say "The same status, and the same SHA-256 and mode for each of the $(printf '%s\n' "$before" | wc -l | tr -d ' ') files."
expect 0 timeline

say "Everything was as narrated. The sample is yours to go on with:" \
  "  cd $(printf '%q' "$sample")" \
  "  migrate phase1                  asks before it writes" \
  "  migrate run                     all phases, with a prompt for each" \
  "  migrate rollback                the last phase, whenever you like" \
  "  git diff; less migrate.toml     what it did, and what it was told" \
  "  $(printf '%q' "$sample.report.html") is the report of when all was applied"
