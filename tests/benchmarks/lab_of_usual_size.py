"""A lab of the size that labs have: 12 objects, about 20 KB of JSON."""

from typing import Any


def _nfs(path: str) -> dict[str, Any]:
    return {"type": "nfs", "server": "10.0.0.1", "serverPath": path}


CONFIG: dict[str, Any] = {
    "namespacePrefix": "labs",
    "application": "notebooks",
    "sizes": [
        {
            "size": size,
            "resources": {
                "limits": {"cpu": cores, "memory": f"{4 * cores}Gi"},
                "requests": {"cpu": cores / 4, "memory": f"{cores}Gi"},
            },
        }
        for size, cores in (("small", 1), ("medium", 2), ("large", 4))
    ],
    "defaultSize": "medium",
    "env": {f"SITE_VARIABLE_{i}": f"https://data.example.org/service/{i}" for i in range(16)},
    "files": {
        f"/opt/site/settings-{i}.yaml": f"# Part {i}.\n" + "key: value of some length\n" * 26
        for i in range(3)
    },
    "volumes": [{"name": f"nfs-{i}", "source": _nfs(f"/share/{i}")} for i in range(5)]
    + [
        {
            "name": f"claim-{i}",
            "source": {
                "type": "persistentVolumeClaim",
                "accessModes": ["ReadWriteMany"],
                "storageClassName": "fast",
                "resources": {"requests": {"storage": "10Gi"}},
            },
        }
        for i in range(2)
    ],
    "volumeMounts": [
        *({"containerPath": f"/share/{i}", "volumeName": f"nfs-{i}"} for i in range(5)),
        *({"containerPath": f"/data/{i}", "volumeName": f"claim-{i}"} for i in range(2)),
    ],
    "homeVolumeName": "nfs-0",
    "homedirPrefix": "/share/0",
    "standardInithome": True,
    "secrets": [
        {"secretName": "site", "secretKey": f"key-{i}", "env": f"SECRET_{i}"} for i in range(4)
    ],
    "pullSecret": "pull-secret",
    "nodeSelector": {"example.org/pool": "labs"},
    "tolerations": [{"key": "example.org/pool", "value": "labs", "effect": "NoSchedule"}],
    "extraAnnotations": {"example.org/cost-center": "science"},
    "namespaceAnnotations": {"example.org/owner": "{{ uid }}:{{ gid }}"},
}

ARGUMENTS: dict[str, Any] = {
    "site": {
        "base_url": "https://data.example.org",
        "repertoire_base_url": "https://data.example.org/repertoire",
        "discovery": {
            "services": {
                f"service-{i}": {"url": f"https://data.example.org/api/{i}"} for i in range(12)
            }
        },
    },
    "user": {
        "username": "rosalind",
        "name": "Rosalind Franklin",
        "uid": 4242,
        "gid": 4242,
        "groups": [
            {"name": "rosalind", "id": 4242},
            *({"name": f"group-{i}", "id": 5000 + i} for i in range(7)),
        ],
        "quota": {"notebook": {"cpu": 9, "memory": 27}},
    },
    "lab": {
        "options": {"size": "large", "enable_debug": True},
        "env": {
            "JUPYTERHUB_SERVICE_PREFIX": "/user/rosalind/",
            **{f"JUPYTERHUB_VARIABLE_{i}": f"value {i} from the hub" for i in range(12)},
        },
    },
    "image": f"registry.example/lab/notebook:w_2026_47@sha256:{'5f3d8f2a' * 8}",
    "secrets": {"token": "bm90LWEtcmVhbC10b2tlbg==", **{f"key-{i}": "c2VjcmV0" for i in range(4)}},
    "pull_secret": {"data": {".dockerconfigjson": "eyJhdXRocyI6IHt9fQ=="}},
}


def user_line(number: int) -> dict[str, Any]:
    """Make a line of a file of users."""
    user = {**ARGUMENTS["user"], "username": f"user{number}u", "uid": 10_000 + number}
    site = ARGUMENTS["site"]
    return {
        "site": {"baseUrl": site["base_url"], "repertoireBaseUrl": site["repertoire_base_url"]},
        "user": user,
        "lab": {
            "options": ARGUMENTS["lab"]["options"],
            "env": {
                **ARGUMENTS["lab"]["env"],
                "JUPYTERHUB_SERVICE_PREFIX": f"/user/user{number}u/",
            },
        },
        "image": ARGUMENTS["image"],
        "secrets": dict.fromkeys(ARGUMENTS["secrets"], "secret"),
        "pullSecret": ARGUMENTS["pull_secret"],
    }


def larger(factor: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Make a configuration and a lab: 50 groups, 20 files and 10 volumes, so many times."""
    volumes = [{"name": f"v-{i}", "source": _nfs(f"/v/{i}")} for i in range(10 * factor)]
    mounts = [{"containerPath": f"/v/{i}", "volumeName": f"v-{i}"} for i in range(10 * factor)]
    files = {f"/opt/site/file-{i}": "content\n" for i in range(20 * factor)}
    groups = [{"name": f"group-{i}", "id": 5000 + i} for i in range(50 * factor)]
    config = {**CONFIG, "volumes": volumes, "volumeMounts": mounts, "files": files}
    config |= {"homeVolumeName": "v-0", "homedirPrefix": "/v/0"}
    return config, {**ARGUMENTS, "user": {**ARGUMENTS["user"], "groups": groups}}
