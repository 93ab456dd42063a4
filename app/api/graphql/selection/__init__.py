"""Selection sets, compiled: what graphql-core finds out for each field of each object is found out once per operation.

A field that is an attribute of its object is read by generated code, and so is everything below it as long as there is
nothing but attributes. Generated code knows only how things go well. Whatever else it meets it leaves to graphql-core,
before any resolver of that object has been called, so that values, errors and the order of calls are graphql-core's.
"""
