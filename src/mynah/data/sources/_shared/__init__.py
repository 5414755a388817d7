"""What several sources share: JSON, names behind ids, times, documents. No source itself."""
