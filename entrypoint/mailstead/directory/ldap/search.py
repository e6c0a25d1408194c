"""A directory server asked for everything that is ours: all of it, or a DirectoryError that says why not.

The library is python-ldap: a thin layer over libldap, which Dovecot and saslauthd use too, so that TLS, certificates and time
limits mean the same for all of them. Imported only where the directory is a server's.
"""

from collections.abc import Iterator

import ldap
from ldap.controls.libldap import SimplePagedResultsControl
from ldap.ldapobject import LDAPObject

from ...settings import Settings
from .. import DirectoryError
from . import TIMEOUT, Server, listing_filter, server
from .reading import DOMAIN_ATTRIBUTE, GROUPS_ATTRIBUTE, NAME_ATTRIBUTES, UID_ATTRIBUTES, Answer, Entry, Kinds

_PAGE = 500
_LONGEST = 10  # seconds for a page: who hangs is away
_NOTHING = "1.1"  # no attribute (RFC 4511, 4.5.1.8)


class Search:
    """A connection to the directory server of some settings, made when it is first used; a context that closes it."""

    def __init__(self, settings: Settings) -> None:
        found = server(settings)
        assert found is not None, "these settings name no directory server"
        self.server: Server = found
        self._settings = settings
        self._connection: LDAPObject | None = None

    def __enter__(self) -> "Search":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection, if there is one; the next search makes a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.unbind_ext()

    def answer(self) -> Answer:
        """Return all entries that are ours; DirectoryError if the server does not give all of them."""
        found = {kind: list(entries) for kind, entries in self.kinds().items()}
        enabled = {entry.dn for entry in found.pop("enabled")}
        return Answer(**found, enabled=enabled if self._settings.ldap_enabled_filter else None)

    def kinds(self) -> Kinds:
        """Return the entries of each kind, asked for when they are gone through."""
        return {"accounts": self._accounts(), "enabled": self._enabled(), "groups": self._groups(), "domains": self._domains()}

    def _accounts(self) -> Iterator[Entry]:
        settings = self._settings
        own = (settings.ldap_address_attribute, *settings.ldap_alias_attributes, settings.ldap_quota_attribute)
        return self._all(settings.ldap_account_filter, *own, *NAME_ATTRIBUTES, *UID_ATTRIBUTES, GROUPS_ATTRIBUTE)

    def _enabled(self) -> Iterator[Entry]:
        settings = self._settings
        both = f"(&{settings.ldap_account_filter}{settings.ldap_enabled_filter})"
        return self._all(both) if settings.ldap_enabled_filter else iter(())

    def _groups(self) -> Iterator[Entry]:
        settings = self._settings
        return self._all(settings.ldap_group_filter, settings.ldap_address_attribute, *settings.ldap_member_attributes)

    def _domains(self) -> Iterator[Entry]:
        given = self._settings.ldap_domain_filter
        return self._all(given, DOMAIN_ATTRIBUTE, has=DOMAIN_ATTRIBUTE) if given else iter(())

    def _all(self, given: str, *attributes: str, has: str | None = None) -> Iterator[Entry]:
        wanted = listing_filter(given, has or self._settings.ldap_address_attribute)
        try:
            yield from _pages(self._connected(), self.server.base, wanted, list(attributes) or [_NOTHING])
        except ldap.LDAPError as error:
            self.close()
            raise DirectoryError(f"{self.server} cannot be read: {_reason(error)}") from error

    def _connected(self) -> LDAPObject:
        if self._connection is None:
            self._connection = _connect(self.server, self._settings)
        return self._connection


def _connect(where: Server, settings: Settings) -> LDAPObject:
    connection = ldap.initialize(where.uri)
    connection.set_option(ldap.OPT_NETWORK_TIMEOUT, TIMEOUT)
    connection.set_option(ldap.OPT_TIMEOUT, TIMEOUT)
    connection.set_option(ldap.OPT_REFERRALS, ldap.OPT_OFF)
    connection.set_option(ldap.OPT_X_TLS_CACERTFILE, where.authorities)
    connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
    connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    if where.starttls:
        connection.start_tls_s()
    connection.simple_bind_s(settings.ldap_bind_dn or "", str(settings.ldap_bind_password or ""))
    return connection


def _pages(connection: LDAPObject, base: str, wanted: str, attributes: list[str]) -> Iterator[Entry]:
    # A server that knows no pages (RFC 2696) gives everything at once: the control is not critical.
    page = SimplePagedResultsControl(False, size=_PAGE, cookie="")
    while True:
        number = connection.search_ext(base, ldap.SCOPE_SUBTREE, wanted, attributes, serverctrls=[page])
        _, found, _, controls = connection.result3(number, timeout=_LONGEST)
        yield from (_entry(*one) for one in found)
        page.cookie = next((one.cookie for one in controls if one.controlType == page.controlType), b"")
        if not page.cookie:
            return


def _entry(dn: str | None, attributes: dict[str, list[bytes]]) -> Entry:
    if dn is None:
        # A part of the tree is on another server (RFC 4511, 4.5.3): what is there would be missing here.
        raise ldap.REFERRAL({"desc": f"it refers to {attributes[0]}; choose a base below which nothing is elsewhere"})
    return Entry(dn, {name.lower(): values for name, values in attributes.items()})


def _reason(error: ldap.LDAPError) -> str:
    facts = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    words = [str(facts[name]) for name in ("desc", "info") if facts.get(name)] or [type(error).__name__]
    more = "; it gives this name no more entries than that: raise its limit" if isinstance(error, ldap.SIZELIMIT_EXCEEDED) else ""
    return ", ".join(words) + more
