"""Provisioning (初始化): databases, design documents, accounts and catalog from code."""
