# The usual ways to run the tests, for just (https://just.systems). They use the environment that is active.

# What is slow: tests that try hundreds of labs, start processes, or need what a machine may not have.
slow := "hostile integrations kustomize lines output plans properties purity readme round_trip rules_mutations verdicts"

# List the targets
default:
    @just --list

# Run linters, types and the fast tests
fast:
    ruff check
    ruff format --check
    mypy
    lint-imports
    pytest -q -n auto $(printf ' --ignore tests/test_%s.py' {{slow}}) --ignore tests/cluster

# Run what a change must pass
full:
    .ci/run

# Run the tests against a real API server
cluster:
    KUBEBUILDER_ASSETS=$(.ci/control-plane/build) pytest -q --dist=no tests/cluster

# Record what labs, reports and messages look like now
snapshots:
    pytest -q -n auto --snapshot-update --ignore tests/cluster
    git diff --stat -- '*/__snapshots__'

# Write the generated parts of the READMEs
docs:
    python tests/make_documentation.py
