#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Copies Apache Kafka's jars (tests/setup/kafka/pom.xml) into the folder given, once. Where the jars cannot be
# fetched it says so and succeeds: the system tests then run on librdkafka's mock cluster, and their end tells.
set -euo pipefail
target=${1:?usage: kafka.sh FOLDER}
pom=$(dirname "$0")/kafka/pom.xml

cmp -s "$pom" "$target/pom.xml" && exit 0
echo "set-up: Apache Kafka into $target"
rm -rf "$target" "$target.new"
mkdir -p "$(dirname "$target")"
if mvn -q -B -f "$pom" dependency:copy-dependencies -DoutputDirectory="$PWD/$target.new" > "$target.log" 2>&1; then
	cp "$pom" "$target.new/pom.xml"
	mv "$target.new" "$target"
	# Every start of Kafka is quicker with it; without it they only take longer.
	python=$(dirname "$target")/venv/bin/python
	"$python" tests/system/kafka_server.py keep-classes >> "$target.log" 2>&1 ||
		echo "set-up: Java's archive of Kafka's classes could not be made (see $target.log)" >&2
else
	rm -rf "$target.new"
	echo "set-up: Apache Kafka could not be fetched (see $target.log); the system tests use the mock cluster" >&2
fi
