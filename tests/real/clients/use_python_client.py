"""Uses what openapi-python-client has made: python use_python_client.py URL KEY TENSORS, with that on the path."""

import json
import sys

from made import AuthenticatedClient, models
from made.api.open_inference_protocol import infer, model_metadata
from made.api.predict import predict, predict_version

_, url, key, sent = sys.argv
with AuthenticatedClient(base_url=url, token=key) as connection:
    row = models.Row(age=None, rooms=3, floors=2, garden=True, city="Ulm", heating=models.RowHeating.GAS)
    answer = predict.sync(client=connection, body=models.PredictRequest(instances=[row, row]))
    of_version = predict_version.sync("1", client=connection, body=models.PredictRequest(instances=[row]))
    row.rooms = 2**60
    refused = predict.sync(client=connection, body=models.PredictRequest(instances=[row]))
    metadata = model_metadata.sync(client=connection)
    inputs = [
        models.RequestInput(name=name, shape=[1, 1], datatype=kind, data=[value])
        for name, kind, value in json.loads(sent)
    ]
    inferred = infer.sync(client=connection, body=models.InferenceRequest(inputs=inputs))
    sys.stdout.write(
        json.dumps(
            {
                "values": [prediction.value for prediction in answer.predictions],
                "version": of_version.version,
                "problems": [problem.field for problem in refused.problems],
                "inputs": [one.name for one in metadata.inputs],
                "inferred": inferred.outputs[0].data,
            }
        )
    )
