"""One module a kind: the only place where api, remote and reconcile meet."""
