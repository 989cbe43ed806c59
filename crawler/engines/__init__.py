"""Extraction inside engines for large archives: one extractor for datatrove, Ray and Spark.

The glue for each engine is a module of the package: `crawler.datatrove`, `crawler.ray` and `crawler.spark`.
"""
