/* What a fresh machine has on its disk, by profile. Holes stand where machines differ. */
#include "triage/shell/files.h"

#define WORD     "\x01"
#define NUMBER   "\x02"
#define LINE     "\x03"
#define LINES    "\x04"
#define TEXT     "\x0f"
#define FILE_ROW "-rw-r--r--", "root", "root"
#define FOLDER   "drwxr-xr-x", "root", "root", NULL
/* The last row of the lists of users and groups, whoever that is. */
#define USER_ROW  WORD ":" LINE ":" NUMBER ":" NUMBER ":" LINE "\n"
#define GROUP_ROW WORD ":" LINE ":" NUMBER ":" LINE "\n"

static const struct file_entry debian[] = {
    {"/", FOLDER},
    {"/bin", FOLDER},
    {"/boot", FOLDER},
    {"/dev", FOLDER},
    {"/dev/null", "crw-rw-rw-", "root", "root", ""},
    {"/dev/full", "crw-rw-rw-", "root", "root", ""},
    {"/dev/random", "crw-rw-rw-", "root", "root", TEXT},
    {"/dev/shm", "drwxrwxrwt", "root", "root", NULL},
    {"/dev/tty", "crw-rw-rw-", "root", "tty", ""},
    {"/dev/urandom", "crw-rw-rw-", "root", "root", TEXT},
    {"/dev/zero", "crw-rw-rw-", "root", "root", TEXT},
    {"/etc", FOLDER},
    {"/etc/crontab", FILE_ROW, "# /etc/crontab: system-wide crontab\n" LINES},
    {"/etc/debian_version", FILE_ROW, LINE "\n"},
    {"/etc/fstab", FILE_ROW, LINES},
    {"/etc/group", FILE_ROW,
     "root:x:0:" LINE "\ndaemon:x:1:" LINE "\nbin:x:2:" LINE "\n" LINES GROUP_ROW},
    {"/etc/gshadow", "-rw-r-----", "root", "shadow", "root:*::\n" LINES},
    {"/etc/host.conf", FILE_ROW, LINES},
    {"/etc/hostname", FILE_ROW, WORD "\n"},
    {"/etc/hosts", FILE_ROW, "127.0.0.1\tlocalhost" LINE "\n" LINES},
    {"/etc/issue", FILE_ROW, LINE "\\n \\l\n\n"},
    {"/etc/issue.net", FILE_ROW, LINE "\n"},
    {"/etc/ld.so.conf", FILE_ROW, "include /etc/ld.so.conf.d/*.conf\n" LINES},
    {"/etc/motd", FILE_ROW, LINES},
    {"/etc/network", FOLDER},
    {"/etc/nsswitch.conf", FILE_ROW, LINES "passwd:" LINE "\ngroup:" LINE "\n" LINES},
    {"/etc/os-release", FILE_ROW, LINES "NAME=" LINE "\n" LINES "ID=" LINE "\n" LINES},
    {"/etc/passwd", FILE_ROW,
     "root:x:0:0:root:/root:/bin/" LINE "\ndaemon:x:1:1:daemon:/usr/sbin:" LINE
     "\nbin:x:2:2:bin:/bin:" LINE "\nsys:x:3:3:sys:/dev:" LINE "\n" LINES
     "www-data:x:33:33:www-data:/var/www:" LINE "\n" LINES USER_ROW},
    {"/etc/profile", FILE_ROW,
     "# /etc/profile: system-wide .profile file for the Bourne shell (sh(1))\n" LINES},
    {"/etc/protocols", FILE_ROW, LINES "icmp\t1\tICMP" LINE "\n" LINES},
    {"/etc/resolv.conf", FILE_ROW, LINES "nameserver " LINE "\n" LINES},
    {"/etc/services", FILE_ROW, LINES "ssh\t\t22/tcp" LINE "\n" LINES},
    {"/etc/shadow", "-rw-r-----", "root", "shadow",
     "root:" LINE ":" NUMBER ":" LINE "\ndaemon:*:" LINE "\n" LINES},
    {"/etc/shells", FILE_ROW, "# /etc/shells: valid login shells\n/bin/sh\n" LINES},
    {"/etc/sudoers", "-r--r-----", "root", "root", LINES "root\tALL=(ALL:ALL) ALL\n" LINES},
    {"/home", FOLDER},
    {"/lib", FOLDER},
    {"/lib64", FOLDER},
    {"/media", FOLDER},
    {"/mnt", FOLDER},
    {"/opt", FOLDER},
    {"/proc", "dr-xr-xr-x", "root", "root", NULL},
    {"/proc/cmdline", "-r--r--r--", "root", "root", LINE "\n"},
    {"/proc/cpuinfo", "-r--r--r--", "root", "root", "processor\t: 0\n" LINES},
    {"/proc/filesystems", "-r--r--r--", "root", "root", LINES "nodev\ttmpfs\n" LINES},
    {"/proc/loadavg", "-r--r--r--", "root", "root", LINE "/" NUMBER " " NUMBER "\n"},
    {"/proc/meminfo", "-r--r--r--", "root", "root",
     "MemTotal:       " LINE " kB\nMemFree:        " LINE " kB\n" LINES},
    {"/proc/mounts", "-r--r--r--", "root", "root", LINES "proc /proc proc " LINE "\n" LINES},
    {"/proc/net", "dr-xr-xr-x", "root", "root", NULL},
    {"/proc/net/arp", "-r--r--r--", "root", "root",
     "IP address       HW type     Flags       HW address            Mask     Device\n" LINES},
    {"/proc/net/route", "-r--r--r--", "root", "root",
     "Iface\tDestination\tGateway " LINE "\n" LINES},
    {"/proc/net/tcp", "-r--r--r--", "root", "root",
     "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
     "inode" LINE "\n" LINES},
    {"/proc/self", "lrwxrwxrwx", "root", "root", NUMBER},
    {"/proc/self/cmdline", "-r--r--r--", "root", "root", TEXT},
    {"/proc/self/environ", "-r--------", "", "", TEXT},
    {"/proc/self/maps", "-r--r--r--", "", "", LINES},
    {"/proc/self/status", "-r--r--r--", "", "", "Name:\t" LINE "\n" LINES},
    {"/proc/uptime", "-r--r--r--", "root", "root", LINE "\n"},
    {"/proc/version", "-r--r--r--", "root", "root", "Linux version " LINE "(" LINE ") " LINE "\n"},
    {"/root", "drwx------", "root", "root", NULL},
    {"/run", FOLDER},
    {"/sbin", FOLDER},
    {"/srv", FOLDER},
    {"/sys", "dr-xr-xr-x", "root", "root", NULL},
    {"/tmp", "drwxrwxrwt", "root", "root", NULL},
    {"/usr", FOLDER},
    {"/usr/bin", FOLDER},
    {"/usr/lib", FOLDER},
    {"/usr/local", FOLDER},
    {"/usr/local/bin", FOLDER},
    {"/usr/sbin", FOLDER},
    {"/usr/share", FOLDER},
    {"/var", FOLDER},
    {"/var/cache", FOLDER},
    {"/var/lib", FOLDER},
    {"/var/log", FOLDER},
    {"/var/run", FOLDER},
    {"/var/spool", FOLDER},
    {"/var/tmp", "drwxrwxrwt", "root", "root", NULL},
    {"/var/www", FOLDER},
    {"/var/www/html", FOLDER},
};

static const struct file_entry busybox[] = {
    {"/", FOLDER},
    {"/bin", FOLDER},
    {"/dev", FOLDER},
    {"/dev/null", "crw-rw-rw-", "root", "root", ""},
    {"/dev/random", "crw-rw-rw-", "root", "root", TEXT},
    {"/dev/urandom", "crw-rw-rw-", "root", "root", TEXT},
    {"/dev/zero", "crw-rw-rw-", "root", "root", TEXT},
    {"/etc", FOLDER},
    {"/etc/group", FILE_ROW, "root:x:0:" LINE "\n" LINES GROUP_ROW},
    {"/etc/hostname", FILE_ROW, WORD "\n"},
    {"/etc/hosts", FILE_ROW, "127.0.0.1" LINE "localhost" LINE "\n" LINES},
    {"/etc/issue", FILE_ROW, LINES},
    {"/etc/os-release", FILE_ROW, LINES "NAME=" LINE "\n" LINES},
    {"/etc/passwd", FILE_ROW, "root:" LINE ":0:0:" LINE ":/" LINE "\n" LINES},
    {"/etc/resolv.conf", FILE_ROW, LINES "nameserver " LINE "\n" LINES},
    {"/etc/shadow", "-rw-r-----", "root", "shadow", "root:" LINE ":" LINE "\n" LINES},
    {"/home", FOLDER},
    {"/lib", FOLDER},
    {"/mnt", FOLDER},
    {"/opt", FOLDER},
    {"/proc", "dr-xr-xr-x", "root", "root", NULL},
    {"/proc/cpuinfo", "-r--r--r--", "root", "root", LINES "processor\t: 0\n" LINES},
    {"/proc/loadavg", "-r--r--r--", "root", "root", LINE "/" NUMBER " " NUMBER "\n"},
    {"/proc/meminfo", "-r--r--r--", "root", "root",
     "MemTotal:       " LINE " kB\nMemFree:        " LINE " kB\n" LINES},
    {"/proc/mounts", "-r--r--r--", "root", "root", LINES "proc /proc proc " LINE "\n" LINES},
    {"/proc/net", "dr-xr-xr-x", "root", "root", NULL},
    {"/proc/net/arp", "-r--r--r--", "root", "root",
     "IP address       HW type     Flags       HW address            Mask     Device\n" LINES},
    {"/proc/self", "lrwxrwxrwx", "root", "root", NUMBER},
    {"/proc/self/environ", "-r--------", "", "", TEXT},
    {"/proc/version", "-r--r--r--", "root", "root", "Linux version " LINE "(" LINE ") " LINE "\n"},
    {"/root", "drwx------", "root", "root", NULL},
    {"/sbin", FOLDER},
    {"/sys", "dr-xr-xr-x", "root", "root", NULL},
    {"/tmp", "drwxrwxrwt", "root", "root", NULL},
    {"/usr", FOLDER},
    {"/usr/bin", FOLDER},
    {"/usr/lib", FOLDER},
    {"/usr/sbin", FOLDER},
    {"/var", FOLDER},
    {"/var/log", FOLDER},
    {"/var/run", FOLDER},
    {"/var/tmp", "drwxrwxrwt", "root", "root", NULL},
    {"/var/www", FOLDER},
};

/* Red Hat's kin: the accounts and names of things differ from Debian's. */
static const struct file_entry redhat[] = {
    {"/etc/passwd", FILE_ROW, "root:x:0:0:" LINE ":/root:/bin/" LINE "\n" LINES},
    {"/etc/group", FILE_ROW, "root:x:0:" LINE "\n" LINES GROUP_ROW},
    {"/etc/hosts", FILE_ROW, "127.0.0.1" LINE "localhost" LINE "\n" LINES},
    {"/etc/issue", FILE_ROW, LINES "\\S\nKernel \\r on an \\m\n\n"},
    {"/etc/redhat-release", FILE_ROW, LINE " release " LINE "\n"},
    {"/etc/shadow", "----------", "root", "root", "root:" LINE ":" LINE "\n" LINES},
    {"/etc/services", FILE_ROW, LINES},
    {"/etc/protocols", FILE_ROW, LINES},
    {"/etc/profile", FILE_ROW, LINES},
    {"/etc/shells", FILE_ROW, LINES "/bin/sh\n" LINES},
};

const struct file_entry *files_table(enum shell_profile profile, uint32_t *ret_count)
{
    bool small = profile == SHELL_busybox;
    *ret_count = small ? sizeof(busybox) / sizeof(busybox[0]) : sizeof(debian) / sizeof(debian[0]);
    return small ? busybox : debian;
}

const char *files_content(enum shell_profile profile, const struct file_entry *entry)
{
    for (size_t i = 0; profile == SHELL_bash && i < sizeof(redhat) / sizeof(redhat[0]); i++)
        if (strcmp(redhat[i].path, entry->path) == 0)
            return redhat[i].content;
    return entry->content;
}
