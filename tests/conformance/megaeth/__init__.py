"""MegaETH's execution rules, case by case: results of mega-evm for small programs, transactions and blocks."""
