import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.OpenInferenceProtocolApi;
import org.openapitools.client.api.PredictApi;
import org.openapitools.client.model.*;

/** Uses what openapi-generator has made: java UseJava.java URL KEY, with the client on the class path. */
public class UseJava {
    public static void main(String[] arguments) throws Exception {
        var connection = new ApiClient();
        connection.updateBaseUri(arguments[0]);
        connection.setRequestInterceptor(request -> request.header("X-API-Key", arguments[1]));
        var predict = new PredictApi(connection);
        var row = new Row().age(null).rooms(3L).floors(2L).garden(true).city("Ulm").heating(Row.HeatingEnum.GAS);
        var answer = predict.predict(new PredictRequest().instances(List.of(row, row)));
        var ofVersion = predict.predictVersion("1", new PredictRequest().instances(List.of(row)));
        var problems = "";
        try {
            predict.predict(new PredictRequest().instances(List.of(row.rooms(1L << 60))));
        } catch (ApiException refusal) {
            var found = ApiClient.createDefaultObjectMapper().readValue(refusal.getResponseBody(), InvalidRows.class);
            problems = found.getProblems().stream().map(RowProblem::getField).collect(Collectors.joining("\",\""));
        }
        var tensors = new OpenInferenceProtocolApi(connection);
        var inputs = tensors.modelMetadata().getInputs().stream().map(TensorMetadata::getName).collect(Collectors.joining("\",\""));
        Map<String, Object> values = Map.of("age", 1.5, "rooms", 3, "floors", 2, "garden", true, "city", "Ulm", "heating", "gas");
        var given = tensors.modelMetadata().getInputs().stream()
            .map(one -> new RequestInput().name(one.getName()).shape(List.of(1L, 1L)).datatype(one.getDatatype()).data(List.of(values.get(one.getName()))))
            .toList();
        var inferred = tensors.infer(new InferenceRequest().inputs(given), null);
        System.out.printf("{\"values\": %s, \"version\": \"%s\", \"problems\": [\"%s\"], \"inputs\": [\"%s\"], \"inferred\": %s}%n",
            answer.getPredictions().stream().map(Prediction::getValue).toList(), ofVersion.getVersion(), problems, inputs,
            inferred.getOutputs().get(0).getData());
    }
}
