"""deskapp: the agent desk that remembers, gives and writes by hand."""
