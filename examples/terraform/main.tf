# A job of Carillon as a resource of Terraform: the provider for REST APIs sends its requests.
terraform {
  required_providers {
    restapi = { source = "Mastercard/restapi" }
  }
}

variable "carillon_url" { default = "http://127.0.0.1:3000" }
variable "carillon_token" { sensitive = true }

provider "restapi" {
  uri           = "${var.carillon_url}/_/scheduler"
  bearer_token  = var.carillon_token
  create_method = "PUT"
  update_method = "PUT"
}

resource "restapi_object" "nightly_sync" {
  path        = "/applications/sample/jobs"
  create_path = "/applications/sample/jobs/nightly-sync"
  object_id   = "nightly-sync"
  data        = file("${path.module}/nightly-sync.json")
}
