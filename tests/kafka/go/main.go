// A producer as go-livepeer has one: the same library, the same settings of its writer, batches of
// 100 or what came within a second, three attempts. Reads events from standard input, one a line,
// and says for each of them `acked ID` or `lost ID`. It differs in one thing: a queue that is full
// makes it wait, where go-livepeer drops events.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/segmentio/kafka-go"
)

const (
	queueLength = 100
	batchLength = 100
	batchEvery  = time.Second
	attempts    = 3
)

func main() {
	broker, topic := os.Args[1], os.Args[2]
	writer := kafka.NewWriter(kafka.WriterConfig{
		Brokers:  []string{broker},
		Topic:    topic,
		Balancer: kafka.CRC32Balancer{},
		Dialer:   &kafka.Dialer{Timeout: 10 * time.Second, DualStack: true},
	})
	queue := make(chan kafka.Message, queueLength)
	go read(queue)

	var batch []kafka.Message
	ticker := time.NewTicker(batchEvery)
	for {
		select {
		case message, more := <-queue:
			if !more {
				send(writer, batch)
				if err := writer.Close(); err != nil {
					fmt.Fprintln(os.Stderr, err)
				}
				return
			}
			batch = append(batch, message)
			if len(batch) < batchLength {
				continue
			}
		case <-ticker.C:
		}
		send(writer, batch)
		batch = nil
	}
}

func read(queue chan<- kafka.Message) {
	defer close(queue)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var event struct {
			ID string `json:"id"`
		}
		line := append([]byte(nil), lines.Bytes()...)
		if err := json.Unmarshal(line, &event); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		queue <- kafka.Message{Key: []byte(event.ID), Value: line}
	}
}

func send(writer *kafka.Writer, batch []kafka.Message) {
	if len(batch) == 0 {
		return
	}
	said := "lost"
	for range attempts {
		err := writer.WriteMessages(context.Background(), batch...)
		if err == nil {
			said = "acked"
			break
		}
		fmt.Fprintln(os.Stderr, err)
	}
	for _, message := range batch {
		fmt.Println(said, string(message.Key))
	}
}
