"""Cloud Control's GetResource for the CDK's lookups of databases. moto has no Cloud Control.

Source: Cloud Control API reference, GetResource; the properties are those of CloudFormation's resource types.
"""

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from mypy_boto3_rds import RDSClient

_TARGET: Final = "CloudApiService.GetResource"


class CloudControl:
    """A WSGI application in front of the services, to which it passes on all other requests."""

    def __init__(self, services: "WSGIApplication", rds: "Callable[[], RDSClient]") -> None:
        """Wrap the services; `rds` returns a client of RDS."""
        self._services = services
        self._rds = rds

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Respond to one request."""
        if environ.get("HTTP_X_AMZ_TARGET") != _TARGET:
            return self._services(environ, start_response)
        wanted = json.loads(Request(environ).get_data())
        return self._answer(wanted["TypeName"], wanted["Identifier"])(environ, start_response)

    def _answer(self, resource: str, identifier: str) -> Response:
        read = _READERS.get(resource)
        if read is None:
            return _error("TypeNotFoundException", f"the local cloud does not look up {resource}")
        try:
            properties = read(self._rds(), identifier)
        except ClientError as error:
            return _error("ResourceNotFoundException", error.response["Error"]["Message"])
        description = {"Identifier": identifier, "Properties": json.dumps(properties)}
        return _json({"TypeName": resource, "ResourceDescription": description})


def _instance(rds: "RDSClient", identifier: str) -> dict[str, Any]:
    (instance,) = rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"]
    return {
        "Engine": instance["Engine"],
        "Endpoint": {"Address": instance["Endpoint"]["Address"], "Port": str(instance["Endpoint"]["Port"])},
        "DbiResourceId": instance["DbiResourceId"],
        "VPCSecurityGroups": [group["VpcSecurityGroupId"] for group in instance["VpcSecurityGroups"]],
    }


def _cluster(rds: "RDSClient", identifier: str) -> dict[str, Any]:
    (cluster,) = rds.describe_db_clusters(DBClusterIdentifier=identifier)["DBClusters"]
    return {
        "Engine": cluster["Engine"],
        "Endpoint": {"Address": cluster["Endpoint"], "Port": str(cluster["Port"])},
        "ReadEndpoint": {"Address": cluster["ReaderEndpoint"]},
        "DBClusterResourceId": cluster["DbClusterResourceId"],
        "VpcSecurityGroupIds": [group["VpcSecurityGroupId"] for group in cluster["VpcSecurityGroups"]],
    }


def _proxy(rds: "RDSClient", identifier: str) -> dict[str, Any]:
    (proxy,) = rds.describe_db_proxies(DBProxyName=identifier)["DBProxies"]
    return {
        "EngineFamily": proxy["EngineFamily"],
        "Endpoint": proxy["Endpoint"],
        "DBProxyArn": proxy["DBProxyArn"],
        "VpcSecurityGroupIds": proxy["VpcSecurityGroupIds"],
    }


_READERS: Final = {"AWS::RDS::DBInstance": _instance, "AWS::RDS::DBCluster": _cluster, "AWS::RDS::DBProxy": _proxy}


def _json(body: dict[str, Any], status: int = HTTPStatus.OK) -> Response:
    return Response(json.dumps(body), status=status, content_type="application/x-amz-json-1.0")


def _error(kind: str, message: str) -> Response:
    return _json({"__type": kind, "Message": message}, HTTPStatus.BAD_REQUEST)
