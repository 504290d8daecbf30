# SPDX-License-Identifier: Apache-2.0
"""A server of the campaigns as a process: started by its own class, killed and frozen here."""

import signal


class ServerProcess:
    process = None  # a subprocess.Popen while it runs

    def stop(self, how=signal.SIGKILL):
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def freeze(self, on=True):
        self.process.send_signal(signal.SIGSTOP if on else signal.SIGCONT)
