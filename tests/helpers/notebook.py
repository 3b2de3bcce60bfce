"""Runs the cells of a JSON list on standard input in one tslab kernel; prints what each showed and how the kernel ended."""
import json
import sys

from jupyter_client.manager import KernelManager


def main():
    manager = KernelManager(kernel_name="tslab", shutdown_wait_time=60)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    shown = []
    for cell in json.load(sys.stdin):
        texts = []
        client.execute_interactive(cell, output_hook=lambda m: texts.append(m["content"].get("text", "")), timeout=120)
        shown.append("".join(texts))
    client.stop_channels()
    kernel = manager.provisioner.process
    manager.shutdown_kernel()
    print(json.dumps({"shown": shown, "status": kernel.returncode}))


main()
