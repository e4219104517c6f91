"""Ask a folder of news articles; every sentence of the answer stands on a dated, verbatim quotation."""
