import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Produces what comes on standard input, one event a line, with the Java client in its default
 * setting but for what is named as `key=value`, and says for each event `acked ID` or `lost ID`.
 */
public class Produce {
  public static void main(String[] args) throws Exception {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("key.serializer", StringSerializer.class.getName());
    settings.put("value.serializer", StringSerializer.class.getName());
    for (int i = 2; i < args.length; i++) {
      String[] pair = args[i].split("=", 2);
      settings.put(pair[0], pair[1]);
    }
    Pattern id = Pattern.compile("\"id\":\"([^\"]*)\"");
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings)) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        Matcher found = id.matcher(line);
        String key = found.find() ? found.group(1) : "";
        producer.send(
            new ProducerRecord<>(args[1], key, line),
            (where, error) -> {
              if (error != null) {
                System.err.println(error);
              }
              System.out.println((error == null ? "acked " : "lost ") + key);
            });
      }
    }
  }
}
