"""What aevb is compared with: python -m benchmarks.references LOOP MODEL BATCH_SIZE IMAGES DEVICE."""
