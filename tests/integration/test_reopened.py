"""A database that is closed to the server's own account, as one whose `_security` was lost."""

import httpx
from served import Server, until


def test_a_database_that_was_closed_to_the_server_is_set_up_anew(server: Server) -> None:
    def provisioned() -> bool:
        health = httpx.get(f"{server.address}/api/health", trust_env=False).json()
        return bool(health["provisioned"])

    nobody = {"roles": ["_admin"], "names": []}
    with server.administrator() as admin:
        whole = admin.get(f"{server.site}/_security").json()
        lost = {"admins": nobody, "members": nobody}
        assert admin.put(f"{server.site}/_security", json=lost).is_success
        with server.client(server.nurse) as nurse:
            assert nurse.get(f"{server.site}/_all_docs?limit=1").status_code == 403
        # A write wakes the feed, which is refused when it asks again.
        admin.put(f"{server.site}/_local/nothing", json={})
        until(lambda: admin.get(f"{server.site}/_security").json() == whole, "its members")
    until(provisioned, "provisioning")
