"""Keeps the Python processes of an image to the image, where local Azure's embedded engine builds and runs it.

The engine's processes share this machine's file system and network. This file's folder stands on their PYTHONPATH.

In a container, a group's loopback address takes the place of its network: so that a server listens where the group is
reached, whatever address it asks for, and so that the containers of a group reach each other at localhost, sockets are
bound and connected to that address.

In a build, a virtual environment with --system-site-packages sees the packages of the image's own Python, and not those of
this machine's, which the image's is made from. What pip is asked to install, uv installs where the engine has it, in a tenth
of the time; pip itself does what uv cannot. Where the package index is out of reach, the engine names the packages of a Python
of this machine, which pip then finds installed.
"""

import importlib.machinery
import os
import sys
import types


def _keep_to_group(group):
    import socket

    localhost = {"127.0.0.1", "::1", "localhost"}
    everywhere = localhost | {"", "0.0.0.0", "::"}

    def in_group(sock, address, hosts):
        if not isinstance(address, tuple) or address[0] not in hosts:
            return address
        if sock.family == socket.AF_INET:
            return (group,) + address[1:]
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            return ("::ffff:" + group,) + address[1:]
        return address

    def redirect(name, hosts):
        original = getattr(socket.socket, name)

        def call(self, address):
            return original(self, in_group(self, address, hosts))

        setattr(socket.socket, name, call)

    redirect("bind", everywhere)
    redirect("connect", localhost)
    redirect("connect_ex", localhost)


def _keep_to_image():
    import shutil
    import sysconfig
    import venv

    create = venv.EnvBuilder.create
    setup_pip = venv.EnvBuilder._setup_pip
    image = sysconfig.get_path("purelib")

    def packages_of(env_dir):
        return os.path.join(os.path.abspath(env_dir), os.path.relpath(image, sys.prefix))

    def create_in_image(self, env_dir):
        wanted, self.system_site_packages = self.system_site_packages, False
        create(self, env_dir)
        if wanted:
            own = packages_of(env_dir)
            with open(os.path.join(own, "image-packages.pth"), "w") as file:
                # Relative, as the image may lie elsewhere when it runs.
                file.write(os.path.relpath(image, own) + "\n")

    def copy_pip(self, context):
        """The image's own pip, which is there at once, in place of one that is unpacked and compiled."""
        parts = [name for name in os.listdir(image) if name == "pip" or name.startswith("pip-")]
        if len(parts) < 2:
            return setup_pip(self, context)
        for name in parts:
            shutil.copytree(os.path.join(image, name), os.path.join(packages_of(context.env_dir), name))
        for name in os.listdir(os.path.join(sys.prefix, "bin")):
            if not name.startswith("pip"):
                continue
            with open(os.path.join(sys.prefix, "bin", name)) as file:
                text = file.read()
            script = os.path.join(context.bin_path, name)
            with open(script, "w") as file:
                file.write("#!" + context.env_exe + text[text.index("\n"):])
            os.chmod(script, 0o755)

    venv.EnvBuilder.create = create_in_image
    venv.EnvBuilder._setup_pip = copy_pip


def _take_packages_of_machine(folders):
    """pip sees them, and so does the Python that pip installs for, by a .pth file and the programs that belong to them."""
    import importlib.metadata
    import sysconfig

    own = sysconfig.get_path("purelib")
    record = os.path.join(own, "machine-packages.pth")
    sys.path.extend(folders)
    if os.path.exists(record):
        return
    with open(record, "w") as file:
        file.write("\n".join(folders) + "\n")
    for distribution in importlib.metadata.distributions(path=folders):
        for entry in distribution.entry_points:
            script = os.path.join(sysconfig.get_path("scripts"), entry.name)
            if entry.group != "console_scripts" or os.path.exists(script):
                continue
            module, _, function = entry.value.split("[")[0].strip().partition(":")
            with open(script, "w") as file:
                file.write("#!%s\nimport sys\nfrom %s import %s\n" % (sys.executable, module, function.split(".")[0]))
                file.write("sys.exit(%s())\n" % function)
            os.chmod(script, 0o755)


# Of `pip install`: what means the same to uv, with and without a value, and what is only about how pip works or speaks.
_UV_VALUES = {
    "-r", "--requirement", "-c", "--constraint", "-i", "--index-url", "--extra-index-url", "-f", "--find-links",
}
_UV_FLAGS = {"-U", "--upgrade", "--no-deps", "-q", "--quiet", "--no-index", "--pre"}
_PIP_VALUES = {"--progress-bar", "--root-user-action", "--retries", "--timeout"}
_PIP_FLAGS = {"--no-cache-dir", "--disable-pip-version-check", "--no-input", "--no-python-version-warning"}


def _in_uv_words(arguments):
    """The arguments of `pip install` for `uv pip install`; None where they say what uv might take otherwise."""
    words, rest = [], iter(arguments)
    for word in rest:
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if name in _PIP_FLAGS:
            continue
        if name in _PIP_VALUES or name in _UV_VALUES:
            value = value if equals else next(rest, None)
            if value is None:
                return None
            if name in _UV_VALUES:
                words += [name, value]
        elif name in _UV_FLAGS and not equals:
            words.append(name)
        elif word.startswith("-"):
            return None
        else:
            words.append(word)
    return words


def _install_by_uv(uv):
    import subprocess

    arguments = sys.orig_argv
    words = _in_uv_words(arguments[arguments.index("install") + 1:])
    if not words:
        return
    # The image's files must be its own, and compiled as pip compiles them.
    command = [uv, "pip", "install", "--python", sys.executable, "--link-mode", "copy", "--compile-bytecode"]
    sys.stdout.write("embedded engine: uv installs what pip is asked for\n")
    sys.stdout.flush()
    if subprocess.call(command + words) == 0:
        os._exit(0)
    sys.stdout.write("embedded engine: uv could not do it; pip tries\n")
    sys.stdout.flush()


def _is_pip():
    arguments = getattr(sys, "orig_argv", [])
    return any(os.path.basename(each).startswith("pip") for each in arguments[1:3]) and "install" in arguments


if os.environ.get("LOCAL_AZURE_GROUP_ADDRESS"):
    _keep_to_group(os.environ["LOCAL_AZURE_GROUP_ADDRESS"])
elif "venv" in getattr(sys, "orig_argv", []):
    _keep_to_image()
elif os.environ.get("LOCAL_AZURE_MACHINE_PACKAGES") and _is_pip():
    _take_packages_of_machine(os.environ["LOCAL_AZURE_MACHINE_PACKAGES"].split(os.pathsep))
elif os.environ.get("LOCAL_AZURE_UV") and _is_pip():
    _install_by_uv(os.environ["LOCAL_AZURE_UV"])

# The image may have a sitecustomize of its own, which this one came before.
_here = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder or ".") != _here]
_spec = importlib.machinery.PathFinder.find_spec("sitecustomize", sys.path)
if _spec and _spec.loader:
    _own = types.ModuleType("sitecustomize")
    _own.__spec__, _own.__file__ = _spec, _spec.origin
    sys.modules["sitecustomize"] = _own
    _spec.loader.exec_module(_own)
