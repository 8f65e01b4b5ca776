"""Uses what openapi-generator has made: python use_python.py URL KEY TENSORS, with the client on the path."""

import json
import sys

import openapi_client as client

_, url, key, sent = sys.argv
with client.ApiClient(client.Configuration(host=url, api_key={"key": key})) as connection:
    predict = client.PredictApi(connection)
    row = client.Row(age=None, rooms=3, floors=2, garden=True, city="Ulm", heating="gas")
    answer = predict.predict(client.PredictRequest(instances=[row, row]))
    of_version = predict.predict_version("1", client.PredictRequest(instances=[row]))
    try:
        wrong = client.Row.model_construct(**{**dict(row), "rooms": 2**60})
        predict.predict(client.PredictRequest.model_construct(instances=[wrong]))
        problems = []
    except client.exceptions.UnprocessableEntityException as refusal:
        problems = [problem.var_field for problem in refusal.data.problems]
    tensors = client.OpenInferenceProtocolApi(connection)
    metadata = tensors.model_metadata()
    inputs = [
        client.RequestInput(name=name, shape=[1, 1], datatype=kind, data=[value])
        for name, kind, value in json.loads(sent)
    ]
    inferred = tensors.infer(client.InferenceRequest(inputs=inputs))
    sys.stdout.write(
        json.dumps(
            {
                "values": [prediction.value for prediction in answer.predictions],
                "version": of_version.version,
                "problems": problems,
                "inputs": [one.name for one in metadata.inputs],
                "inferred": inferred.outputs[0].data,
            }
        )
    )
