import pytest

from alerts.storage.posture import concerns

SAFE = {
    "appendonly": "yes",
    "save": "",
    "maxmemory-policy": "noeviction",
    "requirepass": "",
}


def test_a_local_server_with_a_log_and_no_eviction_is_no_concern():
    assert concerns(SAFE, local=True) == []


@pytest.mark.parametrize(
    ("policy", "grade"), [("allkeys-lru", "refused"), ("volatile-ttl", "warning")]
)
def test_a_server_that_may_drop_keys_is_a_concern(policy, grade):
    (line,) = concerns({**SAFE, "maxmemory-policy": policy}, local=True)

    assert line.startswith(f"{grade}: maxmemory-policy is {policy}")
    assert "noeviction" in line


@pytest.mark.parametrize(
    ("save", "loss"), [("", "a restart loses everything"), ("3600 1", "since the last snapshot")]
)
def test_a_server_without_a_log_is_a_concern(save, loss):
    (line,) = concerns({**SAFE, "appendonly": "no", "save": save}, local=True)

    assert line.startswith("warning: appendonly is no")
    assert loss in line


def test_a_far_server_without_a_password_is_a_concern():
    (line,) = concerns(SAFE, local=False)

    assert line.startswith("warning: the server asks for no password")


def test_a_far_server_with_a_password_is_no_concern():
    assert concerns({**SAFE, "requirepass": "secret"}, local=False) == []


def test_what_is_not_shown_is_unknown():
    lines = concerns({"appendonly": "yes", "save": ""}, local=False)

    assert lines == [
        "unknown: maxmemory-policy is not shown",
        "unknown: requirepass is not shown",
    ]
