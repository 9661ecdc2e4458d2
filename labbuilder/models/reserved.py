"""What labs have themselves, so that no input can name it: names, variables and paths.

The models refuse these, and `labbuilder.lab` builds labs with them.
"""

from __future__ import annotations

from functools import lru_cache

from labbuilder.models.lab import FLAGS
from labbuilder.names import NOTEBOOK_CONTAINER

__all__ = [  # and the constants of which these are made
    "CONTAINERS",
    "REPLACEABLE_ENV",
    "RESERVED_ENV",
    "VOLUMES",
    "runs_code",
    "standard_container",
]

VOLUMES = (PASSWD, GROUP, DISCOVERY, SECRETS, ENV, TMP, RUNTIME, LAB_STARTUP) = (
    "passwd", "group", "discovery-v1-json", "secrets", "env", "tmp", "runtime", "lab-startup",
)  # fmt: skip
"""The volumes of every lab."""

PASSWD_PATH, GROUP_PATH, TMP_PATH = "/etc/passwd", "/etc/group", "/tmp"  # noqa: S108 (the lab's)
DISCOVERY_FILE = "v1.json"
DISCOVERY_PATH = f"/etc/nublado/discovery/{DISCOVERY_FILE}"
STARTUP_PATH = "/etc/nublado/startup"
RUNTIME_FOLDERS = {SECRETS: "secrets", ENV: "environment", RUNTIME: "runtime"}
"""The volumes below ``runtimeMountsDir``, each with the name of its folder."""

TOKEN_KEY = "token"  # noqa: S105 (a key's name)
"""The key of the lab's Secret that holds the user's token."""

INIT_HOME, LANDING_PAGE, STARTUP = _STANDARD = ("inithome", "landingpage", "startup")


def standard_container(function: str) -> str:
    """Name the standard init container that has a function."""
    return f"nublado-std-{function}"


CONTAINERS = (NOTEBOOK_CONTAINER, *map(standard_container, _STANDARD))
"""The containers of a lab that no configuration names."""

HUB_ENV_PREFIX = "JUPYTERHUB_"
"""What the variables that JupyterHub sets begin with."""
RESERVED_ENV = {
    *FLAGS.values(), "ACCESS_TOKEN", "CONTAINER_SIZE", "CPU_GUARANTEE", "CPU_LIMIT",
    "EXTERNAL_INSTANCE_URL", "IMAGE_DESCRIPTION", "IMAGE_DIGEST", "JPY_API_TOKEN", "JUPYTER_IMAGE",
    "JUPYTER_IMAGE_SPEC", "KUBERNETES_NODE_NAME", "MEM_GUARANTEE", "MEM_LIMIT",
}  # fmt: skip
"""The variables that no configuration sets."""
REPLACEABLE_ENV = {
    "JUPYTERLAB_CONFIG_DIR", "JUPYTERLAB_START_COMMAND", "K8S_NODE_NAME", "NUBLADO_GID",
    "NUBLADO_HOME", "NUBLADO_RUNTIME_MOUNTS_DIR", "NUBLADO_TOKEN", "NUBLADO_UID",
    "REPERTOIRE_BASE_URL",
}  # fmt: skip
"""More variables of labs, which a configuration's ``env`` may set but no secret may hide."""

_CODE_ENV_PREFIXES = ("BASH_FUNC_", "GIT_CONFIG", "LD_", "LUA_", "PERL5", "PYTHON")
_CODE_ENV = {
    # loaders
    "GCONV_PATH", "GETCONF_DIR", "GIO_EXTRA_MODULES", "GLIBC_TUNABLES", "KRB5_CONFIG", "LIBPATH",
    "LOCPATH", "MALLOC_TRACE", "NLSPATH", "OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES",
    "PATH_LOCALE", "SASL_PATH", "SHLIB_PATH", "XTABLES_LIBDIR",
    # files of resolvers and terminals
    "HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS", "TERMCAP", "TERMINFO", "TERMINFO_DIRS",
    # shells
    "BASHOPTS", "BASH_ENV", "BASH_LOADABLES_PATH", "CDPATH", "ENV", "FPATH", "GLOBIGNORE", "IFS",
    "NULLCMD", "PATH", "PROMPT_COMMAND", "PS4", "READNULLCMD", "SHELLOPTS", "TMPPREFIX",
    "ZDOTDIR",
    # interpreters
    "BUNDLE_GEMFILE", "CLASSPATH", "DOTNET_STARTUP_HOOKS", "ERL_FLAGS", "GEM_HOME", "GEM_PATH",
    "GUILE_LOAD_PATH", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "JULIA_DEPOT_PATH",
    "JULIA_LOAD_PATH", "NODE_OPTIONS", "NODE_PATH", "NPM_CONFIG_SCRIPT_SHELL", "PERLIO_DEBUG",
    "PERLLIB", "PHPRC", "PHP_INI_SCAN_DIR", "RUBYLIB", "RUBYOPT", "R_ENVIRON", "R_ENVIRON_USER",
    "R_HOME", "R_LIBS", "R_LIBS_USER", "R_PROFILE", "R_PROFILE_USER", "TCLLIBPATH",
    "_JAVA_OPTIONS",
    # programs that scripts call
    "GIT_ASKPASS", "GIT_EDITOR", "GIT_EXEC_PATH", "GIT_EXTERNAL_DIFF", "GIT_PAGER",
    "GIT_PROXY_COMMAND", "GIT_SEQUENCE_EDITOR", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_TEMPLATE_DIR",
    "GOFLAGS", "LESSCLOSE", "LESSOPEN", "MAKEFILES", "MAKEFLAGS", "RSYNC_RSH", "SSH_ASKPASS",
    "SUDO_ASKPASS", "TAR_OPTIONS", "WGETRC",
}  # fmt: skip


@lru_cache(maxsize=1024)  # names repeat from lab to lab
def runs_code(variable: str) -> bool:
    """Return whether a variable makes a loader, shell or interpreter run something.

    The variables are those that sudo removes (``initial_badenv_table``) and that Linux's programs
    read, and their like that have come since.
    """
    return variable in _CODE_ENV or variable.startswith(_CODE_ENV_PREFIXES)
