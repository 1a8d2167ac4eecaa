"""What the operator does not import, since it would take more memory than all the rest."""

from __future__ import annotations

import subprocess
import sys

_LIST = """
import sys
import execution_operator.app
print(*sorted(name for name in sys.modules if name.startswith("kubernetes.aio.client.")), sep="\\n")
"""


def test_the_typed_models_of_the_api_server_are_not_imported():
    done = subprocess.run([sys.executable, "-c", _LIST], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "kubernetes.aio.client.api_client" in loaded
    assert [one for one in loaded if one.startswith("kubernetes.aio.client.models.")] == []
    assert [one for one in loaded if one.startswith("kubernetes.aio.client.api.")] == []


def test_cryptography_is_imported_only_where_there_is_a_docker_host_with_a_secret():
    script = "import sys; import execution_operator.app; print('cryptography' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
