# Run by mmdebstrap at the end, outside the new root "$1": the kernel's files, the user, and no traces of the build.
# TRIM: patterns of files to remove, one a line.
set -eu
root=$1
export LC_ALL=C

# The kernel is unpacked and not installed: its package would pull in and run a general initramfs builder.
package=$(APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
[ -n "$package" ] || { echo "E: these apt sources have no linux-image-cloud-amd64" >&2; exit 1; }
(cd "$root/var/cache/apt/archives" && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -q download "$package")
mkdir "$root/kernel"
dpkg-deb -x "$root/var/cache/apt/archives/${package}"_*.deb "$root/kernel"
[ ! -d "$root/kernel/lib" ] || { mkdir -p "$root/kernel/usr"; mv "$root/kernel/lib" "$root/kernel/usr/lib"; }
version=$(ls "$root/kernel/usr/lib/modules")
mkdir -p "$root/usr/lib/modules" "$root/boot"
mv "$root/kernel/usr/lib/modules/$version" "$root/usr/lib/modules/$version"
mv "$root/kernel/boot/vmlinuz-$version" "$root/boot/vmlinuz"
rm -r "$root/kernel"
echo "$package" > "$root/boot/package"
# Drivers of hardware that a microVM cannot have, and protocols known for their bugs that nothing here speaks.
cd "$root/usr/lib/modules/$version/kernel/drivers"
for driver in *; do
  case $driver in block|char|firmware|md|net|ptp|vhost|virtio) ;; *) rm -r "$driver" ;; esac
done
rm -rf net/ethernet net/wireless net/hyperv net/fddi net/hamradio net/phy net/mdio net/usb
cd ..
rm -rf net/rds net/tipc net/smc net/dccp net/sctp net/ceph net/openvswitch fs/ceph fs/nfsd fs/orangefs fs/ocfs2 fs/gfs2 fs/sysv
cd /
chroot "$root" depmod "$version"

echo "ohm:x:1000:1000:Ohm:/home/ohm:/bin/bash" >> "$root/etc/passwd"
echo "ohm:x:1000:" >> "$root/etc/group"
echo "ohm:*:19000:0:99999:7:::" >> "$root/etc/shadow"
mkdir -p "$root/home/ohm/Downloads" "$root/home/ohm/.config"
cp "$root"/etc/skel/.[a-z]* "$root/home/ohm/"
chown -R 1000:1000 "$root/home/ohm"
ln -s /home/ohm "$root/workspace"

# Unsafe only in the sense that an interrupted build is no use.
sed -i '/^force-unsafe-io/d' "$root/etc/dpkg/dpkg.cfg.d/99mmdebstrap"
# The host's apt options, its name and resolver; the guest names itself at boot.
rm -f "$root/etc/apt/apt.conf.d/99mmdebstrap" "$root/etc/resolv.conf" "$root/etc/hostname" "$root/etc/machine-id" "$root/var/lib/dbus/machine-id"
echo "nameserver 198.18.0.1" > "$root/etc/resolv.conf"
echo "LANG=C.UTF-8" > "$root/etc/default/locale"
: > "$root/etc/machine-id"
: > "$root/etc/fstab"
rm -rf "$root"/var/log/*.log "$root"/var/log/apt "$root"/var/cache/ldconfig/* "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old "$root"/usr/share/doc "$root"/usr/share/man
# Compiled modules would be as large as their sources; fonts are scanned once here instead of at each first start.
find "$root/usr/lib/python3" "$root"/usr/lib/python3.* -name __pycache__ -prune -exec rm -r {} +
printf '%s\n' "$TRIM" | while read -r pattern; do
  # Unquoted: the pattern is to expand.
  [ -z "$pattern" ] || rm -rf "$root"$pattern
done
[ ! -x "$root/usr/bin/fc-cache" ] || chroot "$root" fc-cache -s
# Of the icon themes only the pointers are drawn.
for theme in "$root"/usr/share/icons/*/; do
  find "$theme" -mindepth 1 -maxdepth 1 ! -name cursors ! -name '*.theme' -exec rm -r {} +
done
