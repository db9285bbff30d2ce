"""The Salesforce story, to be seen: a stand-in for the host, and the play."""
