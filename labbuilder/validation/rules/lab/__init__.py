"""Rules about several objects together."""
