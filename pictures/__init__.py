"""The pictures of the documents, made by `make pictures`; nothing of it is shipped."""
