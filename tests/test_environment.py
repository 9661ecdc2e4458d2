from labs import ARGUMENTS, lab

from labbuilder.lab.environment import group_file, passwd_file
from labbuilder.models import User


def user(name: str | None) -> User:
    return User.model_validate({**ARGUMENTS["user"], "name": name})


def test_what_the_site_says_wins_over_the_builder_and_the_builder_over_the_request() -> None:
    request = {
        "JUPYTERHUB_SERVICE_PREFIX": "/user/vera/",
        "CPU_LIMIT": "forged",
        "JUPYTERLAB_CONFIG_DIR": "forged",
        "OWN": "kept",
    }
    env = lab(lab={"env": request}, config={"env": {"JUPYTERLAB_CONFIG_DIR": "/site"}})
    data = env.env_config_map["data"]
    assert data["CPU_LIMIT"] == "1.0"
    assert data["JUPYTERLAB_CONFIG_DIR"] == "/site"
    assert data["OWN"] == "kept"


def test_flags_are_set_only_if_asked_for() -> None:
    assert {"DEBUG", "RESET_USER_ENV"}.isdisjoint(lab().env_config_map["data"])
    options = {"enable_debug": True, "reset_user_env": True}
    data = lab(lab={"options": options}).env_config_map["data"]
    assert (data["DEBUG"], data["RESET_USER_ENV"]) == ("TRUE", "TRUE")


def test_the_environment_tells_size_image_and_site() -> None:
    data = lab(
        lab={"options": {"size": "large"}},
        config={"activityInterval": "1h30m", "labStartCommand": ["start", "a b"]},
        site={"repertoire_base_url": "https://data.example.org/repertoire"},
    ).env_config_map["data"]
    reference = f"registry.example/lab/notebook:w_2026_47@sha256:{'5' * 64}"
    assert data == {
        "JUPYTERHUB_SERVICE_PREFIX": "/user/vera/",
        "JUPYTER_IMAGE": reference,
        "JUPYTER_IMAGE_SPEC": reference,
        "IMAGE_DESCRIPTION": "Weekly 2026_47",
        "IMAGE_DIGEST": f"sha256:{'5' * 64}",
        "CONTAINER_SIZE": "Large (4.0 CPU, 16Gi RAM)",
        "CPU_GUARANTEE": "1.0",
        "CPU_LIMIT": "4.0",
        "MEM_GUARANTEE": "4294967296",
        "MEM_LIMIT": "17179869184",
        "JUPYTERHUB_ACTIVITY_INTERVAL": "5400",
        "EXTERNAL_INSTANCE_URL": "https://data.example.org",
        "JUPYTERLAB_CONFIG_DIR": "/opt/lsst/software/jupyterlab",
        "JUPYTERLAB_START_COMMAND": "start 'a b'",
        "NUBLADO_RUNTIME_MOUNTS_DIR": "/etc/nublado",
        "REPERTOIRE_BASE_URL": "https://data.example.org/repertoire",
    }


def test_passwd_has_one_line_more_whatever_the_name() -> None:
    cases = [
        ("Vera Rubin", "Vera Rubin"),
        (None, ""),
        ("", ""),
        ("Vera:x:0:0\nroot:x:0:0", "Vera x 0 0 root x 0 0"),
        ("Vera\r\u2028Rubin\x7f", "Vera Rubin"),
    ]
    for name, expected in cases:
        assert passwd_file("", user(name), "/home/vera") == (
            f"vera:x:1928:1928:{expected}:/home/vera:/bin/bash\n"
        )


def test_a_base_without_its_final_newline_gets_one() -> None:
    assert passwd_file("root:x:0:0", user(None), "/h").startswith("root:x:0:0\nvera:x:")
    assert group_file("root:x:0", user(None)).startswith("root:x:0\nvera:x:")


def test_the_primary_group_lists_no_member_and_the_others_list_the_user() -> None:
    assert group_file("root:x:0\n", user(None)) == "root:x:0\nvera:x:1928:\ngalaxies:x:31:vera\n"
