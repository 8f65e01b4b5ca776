import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;

/** Posts a file several times with Java's own client as it comes, and prints the status of each response. */
public class Poster {
    public static void main(String[] arguments) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        for (int time = 0; time < Integer.parseInt(arguments[2]); time++) {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(arguments[0]));
            for (int next = 3; next < arguments.length; next += 2) {
                request.header(arguments[next], arguments[next + 1]);
            }
            request.POST(HttpRequest.BodyPublishers.ofFile(Path.of(arguments[1])));
            System.out.println(client.send(request.build(), HttpResponse.BodyHandlers.ofString()).statusCode());
        }
    }
}
