// Uses what openapi-generator has made: node use_typescript.js URL KEY, compiled beside the client.
import { Configuration, OpenInferenceProtocolApi, PredictApi, ResponseError, RowHeatingEnum } from "./client/index";

const [url, key] = process.argv.slice(2);
const connection = new Configuration({ basePath: url, apiKey: key });
const predict = new PredictApi(connection), tensors = new OpenInferenceProtocolApi(connection);
const row = { age: null, rooms: 3, floors: 2, garden: true, city: "Ulm", heating: RowHeatingEnum.Gas };

async function main() {
    const answer = await predict.predict({ predictRequest: { instances: [row, row] } });
    const ofVersion = await predict.predictVersion({ modelVersion: "1", predictRequest: { instances: [row] } });
    let problems: unknown[] = [];
    try {
        await predict.predict({ predictRequest: { instances: [{ ...row, rooms: 2.5 }] } });
    } catch (error) {
        if (!(error instanceof ResponseError)) throw error;
        problems = (await error.response.json()).problems.map((problem: { field: string }) => problem.field);
    }
    const metadata = await tensors.modelMetadata();
    const values: Record<string, unknown> = { age: 1.5, rooms: 3, floors: 2, garden: true, city: "Ulm", heating: "gas" };
    const inputs = metadata.inputs.map(({ name, datatype }) => ({ name, datatype, shape: [1, 1], data: [values[name]] }));
    const inferred = await tensors.infer({ inferenceRequest: { inputs } });
    console.log(JSON.stringify({
        values: answer.predictions.map(({ value }) => value),
        version: ofVersion.version,
        problems,
        inputs: metadata.inputs.map(({ name }) => name),
        inferred: inferred.outputs[0].data,
    }));
}

main();
