"""Variables of a request that would run something in a privileged container."""

from typing import Any

import pytest
from labs import ARGUMENTS, arguments

from labbuilder import LabBuilderError, compile_lab
from labbuilder.models.reserved import runs_code

IMAGE = {"repository": "registry.example/init", "tag": "1"}
PRIVILEGED: list[dict[str, Any]] = [
    {"standardInithome": True},
    {"initContainers": [{"name": "a", "image": IMAGE},
                        {"name": "prepare", "image": IMAGE, "privileged": True}]},
]  # fmt: skip
OTHERS: list[dict[str, Any]] = [{}, {"initContainers": [{"name": "a", "image": IMAGE}]}]
RUNNING = [
    "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME",
    "PATH", "BASH_ENV", "ENV", "NODE_OPTIONS", "NODE_PATH", "PERL5LIB", "PERL5OPT", "PERL5DB",
    "PERLLIB", "RUBYOPT", "RUBYLIB", "SHELLOPTS", "BASHOPTS", "PS4", "IFS", "GCONV_PATH",
    "GLIBC_TUNABLES", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH", "GIT_SSH_COMMAND",
    "GIT_CONFIG_COUNT", "OPENSSL_CONF", "TAR_OPTIONS", "LUA_INIT", "ZDOTDIR",
]  # fmt: skip
HARMLESS = [
    "HOME", "LANG", "LC_ALL", "TZ", "TERM", "USER", "SHELL", "EDITOR", "PAGER", "TMPDIR", "PWD",
    "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_PATH", "MY_PATH", "ENVIRONMENT", "ld_preload", "path",
    "OLD_PATH", "GIT_AUTHOR_NAME", "HTTPS_PROXY", "OMP_NUM_THREADS", "MALLOC_ARENA_MAX",
]  # fmt: skip


def compiled(config: dict[str, Any], **env: str) -> Any:
    return compile_lab(**arguments(config=config, lab={"env": {**ARGUMENTS["lab"]["env"], **env}}))


@pytest.mark.parametrize("config", PRIVILEGED, ids=["inithome", "configured"])
def test_a_request_cannot_run_code_as_root(config: dict[str, Any]) -> None:
    with pytest.raises(LabBuilderError) as caught:
        compiled(config, **dict.fromkeys(RUNNING, "/home/vera/evil"))
    found = [(each.code, each.path, each.about_key) for each in caught.value.findings]
    assert found == [("privileged-env", ("lab", "env", name), True) for name in RUNNING]
    name = "prepare" if "initContainers" in config else "nublado-std-inithome"
    assert all(name in each.message and each.hint for each in caught.value.findings)
    assert "/home/vera/evil" not in str(caught.value)


@pytest.mark.parametrize("config", OTHERS, ids=["none", "not privileged"])
def test_without_a_privileged_container_all_variables_pass(config: dict[str, Any]) -> None:
    data = compiled(config, **dict.fromkeys(RUNNING, "a")).env_config_map["data"]
    assert set(RUNNING) <= set(data)


@pytest.mark.parametrize("config", PRIVILEGED, ids=["inithome", "configured"])
def test_other_variables_pass(config: dict[str, Any]) -> None:
    assert compiled(config, **dict.fromkeys(HARMLESS, "a")).env_config_map["data"].keys() >= {
        *HARMLESS
    }


def test_the_configuration_sets_what_it_likes_and_wins() -> None:
    config = {"standardInithome": True, "env": {"PATH": "/usr/bin", "LD_PRELOAD": "/site.so"}}
    data = compiled(config, PATH="/home/vera").env_config_map["data"]
    assert (data["PATH"], data["LD_PRELOAD"]) == ("/usr/bin", "/site.so")


def test_no_variable_of_the_lab_itself_is_meant() -> None:
    objects = compiled({"standardInithome": True})
    names = [*objects.env_config_map["data"], "NUBLADO_HOME", "NUBLADO_UID", "NUBLADO_GID"]
    assert not any(map(runs_code, names))
