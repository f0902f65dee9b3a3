"""`ferrite-mqtt` with a real broker, Debian's mosquitto: what it publishes, and what becomes of it when the broker or the program dies."""

import functools
import json
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import fixtures

PROGRAM = fixtures.FERRITE.parent / "ferrite-mqtt"
EDGE = fixtures.FERRITE.parent / "ferrite-edge"
PATIENCE = 30
"""Seconds after which a test is lost."""
until = functools.partial(fixtures.until, patience=PATIENCE)


def free_port() -> int:
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return some.getsockname()[1]


def line(number: int, decision: str | None, answer: str = "sad", probability: float = 0.75) -> bytes:
    """As `ferrite-edge watch --json` writes one."""
    decided = "null" if decision is None else f'"{decision}"'
    return (f'{{"frame":{number},"class":"{answer}","index":1,"probabilities":[0.25,{probability}],"logits":[-3,5],'
            f'"decision":{decided}}}\n').encode()


class Broker:
    """mosquitto on a port of its own."""

    def __init__(self, folder: pathlib.Path, settings: str = "allow_anonymous true\n", port: int | None = None):
        self.port = port or free_port()
        self.config = folder / "mosquitto.conf"
        self.config.write_text(f"listener {self.port} 127.0.0.1\nuser root\n{settings}")
        self.log = folder / "mosquitto.log"
        self.start()

    def start(self) -> None:
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(["/usr/sbin/mosquitto", "-c", self.config, "-v"], stdout=log, stderr=log)

        def listens() -> bool:
            with socket.socket() as some:
                return some.connect_ex(("127.0.0.1", self.port)) == 0

        until(listens, "the broker")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Subscriber:
    """mosquitto_sub on everything; topics and payloads in their order."""

    def __init__(self, broker: Broker, *options):
        self.path = broker.config.with_name(f"received-{time.monotonic_ns()}")
        self.file = open(self.path, "wb")
        self.process = subprocess.Popen(
            ["mosquitto_sub", "-p", str(broker.port), "-t", "#", "-q", "1", "-F", "%t %r %p", *options], stdout=self.file,
            stderr=subprocess.DEVNULL)
        time.sleep(0.3)

    def messages(self, topic: str) -> list[str]:
        lines = (entry.split(" ", 2) for entry in self.path.read_text().splitlines())
        return [payload for found, _, payload in lines if found == topic]

    def retained(self, topic: str) -> list[str]:
        lines = (entry.split(" ", 2) for entry in self.path.read_text().splitlines())
        return [payload for found, flag, payload in lines if found == topic and flag == "1"]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.file.close()


class MQTT(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def broker(self, *options, **named) -> Broker:
        broker = Broker(self.folder, *options, **named)
        self.addCleanup(broker.kill)
        return broker

    def subscriber(self, broker: Broker, *options) -> Subscriber:
        subscriber = Subscriber(broker, *options)
        self.addCleanup(subscriber.close)
        return subscriber

    def start(self, port: int, *options) -> subprocess.Popen:
        words = [PROGRAM, "--host", "127.0.0.1", "--port", port, "--client-id", "pi-1", "--prefix", "home/ferrite", *options]
        self.errors = self.folder / "errors"
        with open(self.errors, "w") as errors:
            program = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stderr=errors, bufsize=0)
        self.addCleanup(lambda: (program.kill(), program.wait(), program.stdin.close()))
        return program

    def messages(self) -> str:
        return self.errors.read_text()

    def end(self, program) -> int:
        program.stdin.close()
        return program.wait(PATIENCE)

    def test_changes_are_published_and_everything_around_them(self):
        broker = self.broker()
        subscriber = self.subscriber(broker)
        program = self.start(broker.port, "--name", 'The "door"')
        program.stdin.write(line(0, None) + line(1, "happy", "happy") + line(2, "happy", "sad") + line(3, "sad", probability=0.5))
        until(lambda: len(subscriber.messages("home/ferrite/state")) == 3, "three states")
        states = list(map(json.loads, subscriber.messages("home/ferrite/state")))
        self.assertEqual([(state["frame"], state["decision"], state["class"], state["probability"]) for state in states],
                         [(0, None, "sad", 0.75), (1, "happy", "happy", 0.75), (3, "sad", "sad", 0.5)])
        # The same decision again, when it is time.
        time.sleep(1)
        program.stdin.write(line(4, "sad"))
        until(lambda: len(subscriber.messages("home/ferrite/state")) == 4, "the state again")
        program.stdin.write(b'{"summary":{"frames":5,"dropped":0}}\n')
        self.assertEqual(self.end(program), 0)
        until(lambda: subscriber.messages("home/ferrite/availability") == ["online", "offline"], "both states of availability")
        self.assertEqual(json.loads(subscriber.messages("home/ferrite/summary")[0]), {"frames": 5, "dropped": 0})
        self.assertEqual(self.messages(), f"ferrite-mqtt: 127.0.0.1:{broker.port}: connected\n")

    def test_home_assistant_finds_two_sensors_of_one_device(self):
        broker = self.broker()
        program = self.start(broker.port, "--name", 'The "door"')
        until(lambda: "connected" in self.messages(), "the connection")
        time.sleep(0.3)
        # Who comes later finds them, too: they are retained.
        subscriber = self.subscriber(broker)
        topics = [f"homeassistant/sensor/pi-1/{name}/config" for name in ("decision", "probability")]
        until(lambda: all(subscriber.retained(topic) for topic in topics), "both sensors")
        decision, probability = (json.loads(subscriber.retained(topic)[0]) for topic in topics)
        for found in (decision, probability):
            self.assertEqual(found["state_topic"], "home/ferrite/state")
            self.assertEqual(found["availability_topic"], "home/ferrite/availability")
            self.assertEqual(found["device"], {"identifiers": ["pi-1"], "name": 'The "door"', "manufacturer": "Ferrite"})
        self.assertEqual([decision["unique_id"], probability["unique_id"]], ["pi-1_decision", "pi-1_probability"])
        self.assertEqual(decision["json_attributes_topic"], "home/ferrite/state")
        self.assertEqual(probability["unit_of_measurement"], "%")
        self.assertEqual(subscriber.retained("home/ferrite/availability"), ["online"])
        self.assertEqual(self.end(program), 0)

    def test_quality_and_retention_are_those_asked_for(self):
        broker = self.broker()
        for qos in (0, 1, 2):
            program = self.start(broker.port, "--qos", qos, "--retain", "--no-discovery")
            program.stdin.write(line(qos, "happy"))
            self.assertEqual(self.end(program), 0)
            subscriber = self.subscriber(broker)
            until(lambda: subscriber.retained("home/ferrite/state"), "the retained state")
            self.assertEqual(json.loads(subscriber.retained("home/ferrite/state")[0])["frame"], qos)
            self.assertEqual(subscriber.retained("homeassistant/sensor/pi-1/decision/config"), [])
        log = (self.folder / "mosquitto.log").read_text()
        for qos in (0, 1, 2):
            self.assertRegex(log, rf"Received PUBLISH from pi-1 \(d0, q{qos}, r1, m\d+, 'home/ferrite/state'")

    def test_a_killed_program_is_offline_by_its_last_will(self):
        broker = self.broker()
        subscriber = self.subscriber(broker)
        program = self.start(broker.port)
        until(lambda: subscriber.messages("home/ferrite/availability") == ["online"], "online")
        program.kill()
        until(lambda: subscriber.messages("home/ferrite/availability") == ["online", "offline"], "the last will")
        late = self.subscriber(broker)
        until(lambda: late.retained("home/ferrite/availability") == ["offline"], "the retained last will")

    def test_signals_that_ask_for_an_end_leave_offline_behind(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number):
                broker = self.broker()
                subscriber = self.subscriber(broker)
                program = self.start(broker.port)
                program.stdin.write(line(0, "happy"))
                until(lambda: subscriber.messages("home/ferrite/state"), "the state")
                program.send_signal(number)
                self.assertEqual(program.wait(PATIENCE), 0)
                until(lambda: subscriber.messages("home/ferrite/availability") == ["online", "offline"], "offline")

    def test_a_broker_that_dies_and_comes_back_is_found_again(self):
        broker = self.broker()
        program = self.start(broker.port, "--qos", "1")
        program.stdin.write(line(0, "happy"))
        until(lambda: "connected" in self.messages(), "the connection")
        broker.kill()
        until(lambda: "connection lost, trying again" in self.messages(), "the complaint")
        # Reading goes on; what happens meanwhile waits.
        program.stdin.write(line(1, "sad") + line(2, "happy"))
        broker.start()
        subscriber = self.subscriber(broker)
        until(lambda: self.messages().count("connected\n") == 2, "the second connection")
        self.assertEqual(self.end(program), 0)
        until(lambda: subscriber.messages("home/ferrite/availability")[-1:] == ["offline"], "the end")
        frames = [json.loads(state)["frame"] for state in subscriber.messages("home/ferrite/state")]
        # At least once: the first may not have been acknowledged before the broker died.
        self.assertIn(frames, ([1, 2], [0, 1, 2]))
        self.assertIn("online", subscriber.messages("home/ferrite/availability"))

    def test_without_a_broker_reading_never_stops_and_the_oldest_go(self):
        port = free_port()
        program = self.start(port)
        started = time.monotonic()
        # Each one changes the decision; far more than a pipe holds.
        for number in range(3000):
            program.stdin.write(line(number, "happy" if number % 2 else "sad"))
        self.assertLess(time.monotonic() - started, 10)
        until(lambda: f"127.0.0.1:{port}: not connected, trying again: Connection refused\n" in self.messages(), "the complaint")
        status = pathlib.Path(f"/proc/{program.pid}/status").read_text()
        self.assertLess(int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]), 40_000)
        broker = self.broker(port=port)
        subscriber = self.subscriber(broker)
        until(lambda: len(subscriber.messages("home/ferrite/state")) == 64, "what was kept")
        frames = [json.loads(state)["frame"] for state in subscriber.messages("home/ferrite/state")]
        self.assertEqual(frames, list(range(3000 - 64, 3000)))
        self.assertEqual(self.end(program), 0)
        self.assertIn("ferrite-mqtt: 2936 messages dropped: the broker did not take them in time\n", self.messages())
        # Told once, however often it was tried.
        self.assertEqual(self.messages().count("not connected"), 1)

    def test_a_broker_that_never_answers_holds_up_neither_reading_nor_the_end(self):
        with socket.socket() as mute:
            mute.bind(("127.0.0.1", 0))
            mute.listen()
            program = self.start(mute.getsockname()[1])
            for number in range(3000):
                program.stdin.write(line(number, "happy" if number % 2 else "sad"))
            started = time.monotonic()
            program.send_signal(signal.SIGTERM)
            self.assertEqual(program.wait(PATIENCE), 0)
            self.assertLess(time.monotonic() - started, 6)
            self.assertIn("3000 messages dropped", self.messages())

    def test_users_and_passwords_come_from_a_file(self):
        passwords, login = self.folder / "passwords", self.folder / "login"
        subprocess.run(["mosquitto_passwd", "-c", "-b", passwords, "door", "let me in"], check=True, capture_output=True)
        broker = self.broker(f"allow_anonymous false\npassword_file {passwords}\n")
        login.write_text("door\nlet me out\n")
        program = self.start(broker.port, "--login", login)
        until(lambda: "not connected, trying again: Connection Refused: not authorised." in self.messages(), "the refusal")
        program.kill()
        login.write_text("door\nlet me in\n")
        program = self.start(broker.port, "--login", login)
        until(lambda: self.messages().endswith("connected\n") and "not" not in self.messages(), "the connection")
        self.assertNotIn("let me in", pathlib.Path(f"/proc/{program.pid}/cmdline").read_text())
        self.assertEqual(self.end(program), 0)

    def certificate(self, name: str) -> tuple[pathlib.Path, pathlib.Path]:
        key, certificate = self.folder / f"{name}.key", self.folder / f"{name}.crt"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
             "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        return key, certificate

    def test_tls_is_checked_against_the_authority(self):
        key, certificate = self.certificate("broker")
        _, other = self.certificate("other")
        broker = self.broker(f"allow_anonymous true\ncertfile {certificate}\nkeyfile {key}\n")
        program = self.start(broker.port, "--ca", other)
        until(lambda: "not connected, trying again: A TLS error occurred." in self.messages(), "the refusal")
        program.kill()
        program = self.start(broker.port, "--ca", certificate, "--qos", "1")
        program.stdin.write(line(0, "happy"))
        until(lambda: self.messages().endswith("connected\n"), "the connection")
        self.assertEqual(self.end(program), 0)
        self.assertIn("'home/ferrite/state'", (self.folder / "mosquitto.log").read_text())

    def test_strange_lines_are_left_out_and_counted(self):
        broker = self.broker()
        subscriber = self.subscriber(broker)
        program = self.start(broker.port)
        strange = [b"happy 0.99\n", b"\n", b"{}\n", b"[1]\n", b'{"decision"\n', b'{"decision":"a"} x\n', b'{"decision":$}\n', b'{"a":[$]}\n',
                   b'{"decision":"' + b"x" * 20000 + b'"}\n', b'{"decision":"' + b"x" * 3000 + b'"}\n', b'{"a":"\\\n']
        program.stdin.write(b"".join(strange) + line(7, "h\\\"y") + b'{ "decision" : null , "x" : {"a":[1,"]"]} }\n')
        until(lambda: len(subscriber.messages("home/ferrite/state")) == 2, "the others")
        states = list(map(json.loads, subscriber.messages("home/ferrite/state")))
        self.assertEqual([state["decision"] for state in states], ['h"y', None])
        self.assertEqual(self.end(program), 0)
        self.assertIn(f"ferrite-mqtt: {len(strange)} lines left out\n", self.messages())
        self.assertEqual(self.messages().count("is no decision of"), 1)

    def test_what_watch_writes_is_understood(self):
        broker = self.broker()
        subscriber = self.subscriber(broker)
        faces = [face for face in fixtures.faces()[::30]]
        frames = b"".join(face.read_bytes()[-48 * 48:] for face in faces)
        program = self.start(broker.port, "--every", "0")
        watch = subprocess.run(
            [EDGE, "watch", fixtures.MODEL, "--stdin", "grey", "--size", "48x48", "--every", "--json", "--summary"], input=frames,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        program.stdin.write(watch.stdout)
        self.assertEqual(self.end(program), 0)
        until(lambda: subscriber.messages("home/ferrite/summary"), "the summary")
        sent = fixtures.objects(watch.stdout.decode())
        states = list(map(json.loads, subscriber.messages("home/ferrite/state")))
        self.assertEqual(
            states, [{"decision": one["decision"], "class": one["class"], "probability": one["probabilities"][one["index"]],
                      "frame": one["frame"]} for one in sent])

    def test_wrong_calls_are_refused(self):
        for options, complaint in [
            (("--port", "0"), "--port takes 1 to 65535, not 0"), (("--qos", "3"), "--qos takes 0, 1 or 2, not 3"),
            (("--prefix", "a/#"), "--prefix takes a topic"), (("--prefix", "/a"), "--prefix takes a topic"),
            (("--prefix", "x" * 129), "--prefix takes a topic"), (("--client-id", "a b"), "--client-id takes"),
            (("--name", ""), "--name takes"), (("--every", "-1"), "--every takes"), (("--brooker", "x"), "unknown option --brooker"),
            (("--port",), "no value after --port"), (("--discovery", "+"), "--discovery takes"),
        ]:
            with self.subTest(options):
                done = subprocess.run([PROGRAM, *options], capture_output=True, text=True, stdin=subprocess.DEVNULL)
                self.assertEqual((done.returncode, done.stdout), (64, ""))
                self.assertIn(f"ferrite-mqtt: {complaint}", done.stderr)
        for content, code in ((b"user", 65), (b"user\n", 65), (b"a\nb\nc\n", 65), (b"\nb\n", 65), (b"x" * 300 + b"\nb\n", 65)):
            path = self.folder / "login"
            path.write_bytes(content)
            done = subprocess.run([PROGRAM, "--login", path], capture_output=True, text=True, stdin=subprocess.DEVNULL)
            self.assertEqual(done.returncode, code, content)
            self.assertIn(f"ferrite-mqtt: {path}: a login file has two lines", done.stderr)
        for option in ("--login", "--ca"):
            done = subprocess.run([PROGRAM, option, "/nowhere"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
            self.assertEqual((done.returncode, done.stderr), (65, "ferrite-mqtt: /nowhere: No such file or directory\n"))
        self.assertIn("usage:", subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    unittest.main()
