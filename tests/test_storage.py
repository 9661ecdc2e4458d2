from typing import Any

from labs import ARGUMENTS, lab, mounts, notebook, volumes

CLAIM = {
    "type": "persistentVolumeClaim",
    "accessModes": ["ReadWriteMany"],
    "resources": {"requests": {"storage": "1Gi"}},
}
HOME: dict[str, Any] = ARGUMENTS["config"]["volumes"][0]
HOME_MOUNT: dict[str, Any] = ARGUMENTS["config"]["volumeMounts"][0]


def with_volume(source: dict[str, Any], **mount: Any) -> dict[str, Any]:
    return {
        "volumes": [HOME, {"name": "data", "source": source}],
        "volumeMounts": [HOME_MOUNT, {"containerPath": "/data", "volumeName": "data", **mount}],
    }


def test_each_type_of_volume_has_its_own_shape() -> None:
    cases: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"type": "hostPath", "path": "/srv"}, {"hostPath": {"path": "/srv"}}),
        (
            {"type": "nfs", "server": "s", "serverPath": "/p", "readOnly": True},
            {"nfs": {"server": "s", "path": "/p", "readOnly": True}},
        ),
        (
            {**CLAIM, "readOnly": True},
            {"persistentVolumeClaim": {"claimName": "vera-nb-pvc-data", "readOnly": True}},
        ),
        ({"type": "emptyDir"}, {"emptyDir": {}}),
        (
            {"type": "emptyDir", "medium": "memory", "size": "1Mi"},
            {"emptyDir": {"medium": "Memory", "sizeLimit": "1048576"}},
        ),
    ]
    for source, expected in cases:
        objects = lab(config=with_volume(source))
        assert volumes(objects)["data"] == {"name": "data", **expected}


def test_a_volume_that_nothing_mounts_is_left_out_and_not_claimed() -> None:
    objects = lab(config={"volumes": [HOME, {"name": "idle", "source": CLAIM}]})
    assert "idle" not in volumes(objects)
    assert objects.pvcs == []


def test_a_claim_that_only_an_init_container_mounts_is_made() -> None:
    objects = lab(
        config={
            "volumes": [HOME, {"name": "cache", "source": CLAIM}],
            "initContainers": [
                {
                    "name": "warm",
                    "image": {"repository": "registry.example/warm", "tag": "1"},
                    "volumeMounts": [{"containerPath": "/cache", "volumeName": "cache"}],
                }
            ],
        }
    )
    assert [claim["metadata"]["name"] for claim in objects.pvcs] == ["vera-nb-pvc-cache"]
    assert "cache" in volumes(objects)


def test_a_claim_may_leave_the_storage_class_to_the_cluster() -> None:
    (claim,) = lab(config=with_volume(CLAIM)).pvcs
    assert "storageClassName" not in claim["spec"]
    (claim,) = lab(config=with_volume({**CLAIM, "storageClassName": "fast"})).pvcs
    assert claim["spec"] == {
        "accessModes": ["ReadWriteMany"],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "fast",
    }


def test_files_whose_basenames_are_alike_never_share_a_key() -> None:
    paths = ["/a/x.yml", "/b/x.yml", "/a/x_yml", "/a/X.YML", "/a/___", "/a/home", "/a/tmp"]
    objects = lab(config={"files": {path: f"content of {path}" for path in paths}})
    found = mounts(notebook(objects))
    for path in paths:
        volume = volumes(objects)[found[path]["name"]]
        (item,) = volume["configMap"]["items"]
        assert objects.config_maps[1]["data"][item["key"]] == f"content of {path}"
        assert item["path"] == found[path]["subPath"] == path.rpartition("/")[2]
        assert item["mode"] == 0o644
    assert found["/a/x.yml"]["name"] == "x-yml"


def test_tmp_is_a_quarter_of_the_memory_limit_on_the_configured_medium() -> None:
    assert volumes(lab())["tmp"]["emptyDir"] == {"medium": "Memory", "sizeLimit": str(1024**3)}
    on_disk = lab(config={"emptyDirSource": "disk"})
    assert volumes(on_disk)["tmp"]["emptyDir"] == {"sizeLimit": str(1024**3)}
    assert volumes(on_disk)["lab-startup"]["emptyDir"]["medium"] == "Memory"


def test_startup_files_are_written_by_init_containers_only() -> None:
    objects = lab()
    (startup,) = objects.pod["spec"]["initContainers"]
    assert "readOnly" not in mounts(startup)["/etc/nublado/startup"]
    assert mounts(notebook(objects))["/etc/nublado/startup"]["readOnly"] is True


def test_runtime_mounts_follow_their_folder_and_the_fixed_ones_stay() -> None:
    found = mounts(notebook(lab(config={"runtimeMountsDir": "/opt/run/"})))
    for path in ("/opt/run/secrets", "/opt/run/environment", "/opt/run/runtime"):
        assert found[path]["readOnly"] is True
    assert "/etc/nublado/discovery/v1.json" in found
    assert "/etc/nublado/startup" in found


def test_a_secret_with_a_path_is_mounted_there() -> None:
    secret = {"secretName": "s", "secretKey": "k.pem", "path": "/etc/k.pem"}
    token = ARGUMENTS["secrets"]["token"]
    objects = lab(config={"secrets": [secret]}, secrets={"k.pem": token})
    assert mounts(notebook(objects))["/etc/k.pem"] == {
        "name": "secrets",
        "mountPath": "/etc/k.pem",
        "subPath": "k.pem",
        "readOnly": True,
    }
