from dataclasses import fields

from labs import lab

from labbuilder import LabObjects
from labbuilder.lab.catalog import CATALOG


def test_every_part_of_a_lab_is_in_the_catalogue_once() -> None:
    parts = [entry.part for entry in CATALOG]
    assert sorted(parts) == sorted({field.name for field in fields(LabObjects)} - {"warnings"})


def test_manifests_are_the_parts_in_the_catalogues_order() -> None:
    objects = lab(user={"quota": {"notebook": {"cpu": 1, "memory": 4}}})
    assert objects.manifests() == [
        objects.namespace,
        objects.quota,
        objects.env_config_map,
        *objects.config_maps,
        *objects.secrets,
        *objects.pvcs,
        objects.network_policy,
        objects.service,
        objects.pod,
    ]
