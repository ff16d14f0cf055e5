#!/bin/sh
# Reads the base root file system as a tar from stdin, lays the overlay over it and makes the disk. Under fakeroot where the user is not root.
# $1 an empty directory for the tree, $2 the overlay's directory, $3 where the kernel goes, $4 the raw disk
set -eu
tree=$1 overlay=$2 kernel=$3 disk=$4
# The kernel fills /dev.
tar -x -f - -C "$tree" --exclude='./dev/*' --numeric-owner
mv "$tree/boot/vmlinuz" "$kernel"
tar -c -C "$overlay" --owner=0 --group=0 --mode=u+rwX,go+rX,go-w . | tar -x -C "$tree" --keep-directory-symlink
# Room for the first writes; the guest grows the file system to the disk's size.
used=$(du -s -k "$tree" | cut -f 1)
mke2fs -q -t ext4 -d "$tree" -L vitrine -m 1 -i 32768 -J size=32 -E root_owner=0:0,lazy_itable_init=1 "$disk" "$((used + used / 10 + 131072))k"
