"""Accounts (用户管理): who somebody is, what they may manage, and what a strong password is."""
