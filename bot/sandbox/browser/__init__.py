"""The sandbox in a browser: a page's server, the cluster's side, situations to try, and the bot to kill."""
