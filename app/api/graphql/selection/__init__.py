"""Selection sets, compiled: what graphql-core finds out for each field of each object is found out once per operation.

A field that is an attribute of its object, or computed from its object alone, is read by generated code; so is one that
is foreseen, where its value is known already; and so is everything below it as long as there is nothing else. Generated
code knows only how things go well. Whatever else it meets it leaves to graphql-core, before any resolver of that object
has been called that could change something, so that values, errors and the order of those calls are graphql-core's.
"""
