"""The pod security standard "restricted", written down from its table: what in a pod breaks it, in words."""

from typing import Any

Spec = dict[str, Any]

ALLOWED_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
ALLOWED_SECCOMP = {"RuntimeDefault", "Localhost"}
ALLOWED_SELINUX_TYPES = {None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}


def violations(pod: Spec) -> list[str]:
    """Everything in a pod's spec that the restricted standard forbids; empty when it would be admitted."""
    containers = [
        *pod.get("containers", []),
        *pod.get("initContainers", []),
        *pod.get("ephemeralContainers", []),
    ]
    found = [f"{field} is true" for field in ("hostNetwork", "hostPID", "hostIPC") if pod.get(field)]
    for volume in pod.get("volumes", []):
        found += [f"volume {volume['name']} is a {kind}" for kind in set(volume) - {"name"} - ALLOWED_VOLUMES]
    found += [f"sysctl {sysctl['name']} is set" for sysctl in pod.get("securityContext", {}).get("sysctls", [])]
    for container in containers:
        found += [f"{container['name']}: {words}" for words in _container_violations(container, pod)]
    return found


def _container_violations(container: Spec, pod: Spec) -> list[str]:
    own = container.get("securityContext", {})
    both = {**pod.get("securityContext", {}), **own}
    capabilities = own.get("capabilities", {})
    seccomp = both.get("seccompProfile", {}).get("type")
    rules = {
        "privileged": own.get("privileged", False),
        "privilege escalation is allowed": own.get("allowPrivilegeEscalation") is not False,
        "capabilities are not all dropped": "ALL" not in capabilities.get("drop", []),
        "capabilities are added": not set(capabilities.get("add", [])) <= {"NET_BIND_SERVICE"},
        "may run as root": both.get("runAsNonRoot") is not True,
        "runs as user 0": both.get("runAsUser") == 0,
        f"seccomp profile is {seccomp}": seccomp not in ALLOWED_SECCOMP,
        "AppArmor is unconfined": both.get("appArmorProfile", {}).get("type") == "Unconfined",
        "SELinux type is changed": both.get("seLinuxOptions", {}).get("type") not in ALLOWED_SELINUX_TYPES,
        "proc mount is changed": own.get("procMount", "Default") != "Default",
        "uses a host port": any(port.get("hostPort") for port in container.get("ports", [])),
        "is a Windows host process": both.get("windowsOptions", {}).get("hostProcess", False),
    }
    return [words for words, broken in rules.items() if broken]
